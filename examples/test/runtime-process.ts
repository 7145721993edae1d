/** Runs an example as a person does, in a process of its own. */

import { type ChildProcessWithoutNullStreams, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'

/** The real binaries; what lies on the PATH are scripts that swallow signals. */
export const BINARIES = {
  node: process.execPath,
  bun: execFileSync('bun', ['-p', 'process.execPath'], { encoding: 'utf8' }).trim(),
} as const

/** A runtime by its name. */
export type RuntimeName = keyof typeof BINARIES

/** Runs a file of this workspace to its end and returns what it wrote to stdout; rejects if it fails. */
export async function output(runtime: RuntimeName, file: string): Promise<string> {
  const { stdout } = await promisify(execFile)(BINARIES[runtime], [pathOf(file)])
  return stdout
}

/** Runs the text of an example, which may differ from its file by a port, on Node. */
export async function sourceOutput(source: string): Promise<string> {
  const { stdout } = await promisify(execFile)(BINARIES.node, ['--input-type=module-typescript', '--eval', source], {
    cwd: pathOf('src'),
  })
  return stdout
}

/** Starts a file of this workspace and resolves with its first line; it is killed when the test ends. */
export function started(runtime: RuntimeName, file: string, args: readonly string[] = []): Promise<string> {
  return firstLine(spawn(BINARIES[runtime], [pathOf(file), ...args]))
}

/** The path of a file, given relative to the folder of the examples. */
export function pathOf(file: string): string {
  return fileURLToPath(new URL(`../${file}`, import.meta.url))
}

function firstLine(child: ChildProcessWithoutNullStreams): Promise<string> {
  const closed = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await closed
  })
  let stdout = ''
  let stderr = ''
  return new Promise((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
      if (stdout.includes('\n')) resolve(stdout.slice(0, stdout.indexOf('\n')))
    })
    child.once('close', () => reject(new Error(`Ended before its first line: ${stdout}${stderr}`)))
  })
}
