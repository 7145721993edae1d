/** Runs the real `greet` command in processes of its own, as a shell does. */

import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** The script that every command runs. */
export const GREET = fileURLToPath(new URL('../bin/greet.mjs', import.meta.url))

/** The real binaries; what lies on the PATH are scripts that swallow signals. */
export const BINARIES = { node: binaryOf('node'), bun: binaryOf('bun') } as const

/** A runtime by its name. */
export type RuntimeName = keyof typeof BINARIES

/** How a command is run. */
export interface GreetOptions {
  readonly stdin?: string | Uint8Array
  readonly environment?: Record<string, string>
  readonly runtime?: RuntimeName
  readonly cwd?: string
}

/** What a command left behind. */
export interface GreetResult {
  /** The exit code, or the signal that ended it. */
  readonly exit: number | string
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command to its end. */
export async function greet(args: readonly string[], options: GreetOptions = {}): Promise<GreetResult> {
  const process = new GreetProcess(args, options)
  process.child.stdin.end(options.stdin ?? '')
  return process.result()
}

/** A command that runs. It is killed when its test ends. */
export class GreetProcess {
  readonly child: ChildProcessWithoutNullStreams
  stdout = ''
  stderr = ''
  readonly #exited: Promise<unknown[]>

  constructor(args: readonly string[], { environment = {}, runtime = 'node', cwd }: GreetOptions = {}) {
    this.child = spawn(BINARIES[runtime], [GREET, ...args], { env: { ...inherited(), ...environment }, cwd })
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    // A child that ended does not read its stdin any more.
    this.child.stdin.on('error', () => undefined)
    this.#exited = once(this.child, 'close')
    onTestFinished(async () => {
      this.child.kill('SIGKILL')
      await this.#exited
    })
  }

  async result(): Promise<GreetResult> {
    const [code, signal] = await this.#exited
    return { exit: (code ?? signal) as number | string, stdout: this.stdout, stderr: this.stderr }
  }

  /** Resolves once `stream` holds `text`; rejects if the command ends before. */
  async saw(stream: 'stdout' | 'stderr', text: string): Promise<void> {
    let ended = false
    const exited = this.#exited.then(() => (ended = true))
    while (!this[stream].includes(text)) {
      if (ended) throw new Error(`Ended without ${text} on ${stream}: ${this.stdout}${this.stderr}`)
      await Promise.race([once(this.child[stream], 'data'), exited])
    }
  }
}

/** A server that runs in a process of its own. */
export interface ServeProcess {
  readonly process: GreetProcess
  /** Its first event. */
  readonly listening: {
    readonly address: string
    readonly textAddress: string
    readonly pid: number
    readonly runtime: string
  }
}

/** Starts `greet serve` on free ports and waits until it listens. */
export async function startServe(args: readonly string[] = [], options: GreetOptions = {}): Promise<ServeProcess> {
  const process = new GreetProcess(['serve', '--json', '--port', '0', '--text-port', '0', ...args], options)
  await process.saw('stdout', '"listening"')
  return { process, listening: JSON.parse(process.stdout.split('\n')[0] as string) as ServeProcess['listening'] }
}

function binaryOf(command: string): string {
  return execFileSync(command, ['-p', 'process.execPath'], { encoding: 'utf8' }).trim()
}

/** The environment without what would change how the command behaves. */
function inherited(): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(GREETWIRE_|NO_COLOR|FORCE_COLOR)/.test(name)),
  )
}
