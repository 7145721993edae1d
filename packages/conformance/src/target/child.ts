/**
 * Child processes of the suite: adapters of servers and clients. Lines in, lines out, the end of stderr kept, and no
 * child left behind when the suite ends, nor anything that a child has started.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface ChildExit {
  readonly code: number | null
  readonly signal: string | null
}

/** How long an adapter may take to start; generous, because a busy machine starts programs slowly. */
export const STARTS_WITHIN_MS: number = 30_000

/** What an adapter is driven through: lines in, lines out, and an end. */
export interface AdapterChild {
  readonly command: readonly string[]
  readonly exit: ChildExit | undefined
  readonly exited: Promise<ChildExit>
  write(line: string): void
  endInput(): void
  line(limitMs: number): Promise<{ line: string } | 'exit' | 'timeout'>
  kill(): Promise<void>
  errorOutput(): string
}

export class Child implements AdapterChild {
  readonly exited: Promise<ChildExit>
  readonly process: ChildProcess
  readonly command: readonly string[]
  exit: ChildExit | undefined
  #errors = ''
  #lines: string[] = []
  #wake: (() => void) | undefined

  constructor(command: readonly string[]) {
    const [file, ...args] = command
    this.command = command
    // A group of its own, so that what a wrapper such as npx has started can be killed with it.
    this.process = spawn(file!, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: process.platform !== 'win32' })
    running.add(this)
    createInterface({ input: this.process.stdout! }).on('line', (line) => {
      this.#lines.push(line)
      this.#wake?.()
    })
    this.process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4_000)
    })
    this.process.stdin!.on('error', () => undefined)
    this.exited = new Promise((resolve) => {
      const ended = (exit: ChildExit): void => {
        this.exit ??= exit
        resolve(this.exit)
        this.#wake?.()
      }
      this.process.on('error', (cause) => {
        this.#errors += cause.message
        ended({ code: 127, signal: null })
      })
      this.process.on('close', (code, signal) => ended({ code, signal }))
      // What the child has started may hold its pipes for as long as it lives; what the child wrote is read sooner.
      this.process.on('exit', (code, signal) => setTimeout(() => ended({ code, signal }), READ_REST_WITHIN_MS).unref())
    })
  }

  /** Writes one line to stdin. */
  write(line: string): void {
    if (this.process.stdin!.writable) this.process.stdin!.write(`${line}\n`)
  }

  /** Ends stdin, which tells an adapter of a client to end. */
  endInput(): void {
    this.process.stdin!.end()
  }

  /** The next line of stdout; 'exit' when the child is gone, 'timeout' when nothing came in time. */
  async line(limitMs: number): Promise<{ line: string } | 'exit' | 'timeout'> {
    const deadline = performance.now() + limitMs
    for (;;) {
      const line = this.#lines.shift()
      if (line !== undefined) return { line }
      if (this.exit) return 'exit'
      const left = deadline - performance.now()
      if (left <= 0) return 'timeout'
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** Kills the child with all that it has started, and waits until it is gone. */
  async kill(): Promise<void> {
    this.killNow()
    await this.exited
    running.delete(this)
  }

  /** The same without waiting. */
  killNow(): void {
    try {
      process.kill(-this.process.pid!, 'SIGKILL')
    } catch {
      // No such group: it never started, all of it is gone, or the system has no groups.
      this.process.kill('SIGKILL')
    }
  }

  /** The end of what the child wrote to stderr. */
  errorOutput(): string {
    return this.#errors.trim()
  }
}

const running = new Set<Child>()
process.on('exit', () => {
  for (const child of running) child.killNow()
})

const READ_REST_WITHIN_MS = 500

/** What a child said on stderr, short: the beginning, where the reason mostly stands, and the end. Empty if it said nothing. */
export function stderrExcerpt(child: Pick<AdapterChild, 'errorOutput'>): string {
  const text = child.errorOutput().trim()
  return text.length <= 400 ? text : `${text.slice(0, 200)} … ${text.slice(-200)}`
}
