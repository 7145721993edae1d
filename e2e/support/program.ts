/** Runs a program to its end: its streams, its exit code. */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { binaryOf, type RuntimeName } from './runtimes.ts'

/** What a program left behind. */
export interface Ended {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** The `greet` command as a file that both runtimes run. */
export const GREET = fileURLToPath(new URL('bin/greet.mjs', import.meta.resolve('@greetwire/cli/package.json')))

/** Runs `greet` under a runtime. */
export function greet(runtime: RuntimeName, args: readonly string[], input: string | Buffer = ''): Promise<Ended> {
  return run(binaryOf(runtime), [GREET, ...args], input)
}

/** Runs any command with `input` on its stdin. */
export function run(command: string, args: readonly string[], input: string | Buffer = ''): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'pipe' })
    const stdout: Buffer[] = []
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout: Buffer.concat(stdout), stderr }))
    // A program that ends before it has read everything is judged by its exit code.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}
