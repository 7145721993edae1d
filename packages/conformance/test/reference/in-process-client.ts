/** The reference client inside this process: quick to start, without a pid. */
import type { AdapterChild, ChildExit } from '../../src/target/child.ts'
import type { HasClientBug } from './client-bugs.ts'
import { ClientCommands } from './client-commands.ts'

export class InProcessClient implements AdapterChild {
  readonly command: readonly string[]
  readonly exited: Promise<ChildExit>
  exit: ChildExit | undefined
  readonly #commands: ClientCommands
  readonly #lines: string[] = []
  readonly #leave: (exit: ChildExit) => void
  #wake: (() => void) | undefined

  /** `command` is what would start the same client as a process. */
  constructor(command: readonly string[], has: HasClientBug) {
    this.command = command
    const { promise, resolve } = Promise.withResolvers<ChildExit>()
    this.exited = promise
    this.#leave = resolve
    this.#commands = new ClientCommands(has, (line) => {
      this.#lines.push(line)
      this.#wake?.()
    })
  }

  write(line: string): void {
    void this.#commands.obey(line)
  }

  endInput(): void {
    this.#commands.destroy()
    this.exit ??= { code: 0, signal: null }
    this.#leave(this.exit)
    this.#wake?.()
  }

  async line(limitMs: number): Promise<{ line: string } | 'exit' | 'timeout'> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, limitMs)
    this.#wake = resolve
    if (this.#lines.length === 0 && this.exit === undefined) await promise
    clearTimeout(timer)
    const line = this.#lines.shift()
    if (line !== undefined) return { line }
    return this.exit === undefined ? 'timeout' : 'exit'
  }

  kill(): Promise<void> {
    this.endInput()
    return Promise.resolve()
  }

  errorOutput(): string {
    return ''
  }
}
