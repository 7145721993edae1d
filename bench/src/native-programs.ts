/** The two programs in C: compiled when first needed, kept under node_modules, compiled anew when their sources change. */

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const SOURCES = new URL('../native/', import.meta.url)
const CACHE = new URL('../node_modules/.cache/native/', import.meta.url)

/** Compiles `native/<program>.c` if that was not done yet, and returns the path of the program. Rejects without gcc. */
export async function nativeProgram(program: 'load' | 'limit-server'): Promise<string> {
  const hash = createHash('sha256')
  for (const file of readdirSync(SOURCES).toSorted()) hash.update(readFileSync(new URL(file, SOURCES)))
  mkdirSync(CACHE, { recursive: true })
  const target = fileURLToPath(new URL(`${program}-${hash.digest('hex').slice(0, 12)}`, CACHE))
  if (existsSync(target)) return target
  const source = fileURLToPath(new URL(`${program}.c`, SOURCES))
  try {
    await promisify(execFile)('gcc', ['-O2', '-Wall', '-Wextra', '-o', target, source])
  } catch (error) {
    throw new Error(`Cannot compile ${program}.c: ${String(error)}; install gcc (Linux only)`, { cause: error })
  }
  return target
}
