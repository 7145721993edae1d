/** Shows on a terminal how far something long has come. It says nothing in the first second, and nothing to a file or pipe. */

import type { Io } from './io.ts'

const SILENT_MS = 1_000
const PERIOD_MS = 100

/** The progress of one command: a line on stderr that rewrites itself. */
export class Progress {
  readonly #io: Io
  readonly #startedAt: number
  #nextAt: number
  #shown = false

  /** `dataComes` says when data is written: where it goes to the terminal bit by bit, it shows the progress itself. */
  constructor(io: Io, dataComes: 'bit by bit' | 'in the end') {
    this.#io = io
    this.#startedAt = io.now()
    const dataShowsIt = dataComes === 'bit by bit' && io.stdout.isTerminal
    this.#nextAt = io.stderr.isTerminal && !dataShowsIt ? this.#startedAt + SILENT_MS : Infinity
  }

  /** Milliseconds since the start. */
  get elapsedMs(): number {
    return this.#io.now() - this.#startedAt
  }

  /** Shows `text`, if it is time. */
  show(text: () => string): void {
    const now = this.#io.now()
    if (now < this.#nextAt) return
    this.#nextAt = now + PERIOD_MS
    this.#shown = true
    this.#write(text())
  }

  /** Takes the line away, so that other lines can be written. */
  clear(): void {
    if (this.#shown) this.#write('')
    this.#shown = false
  }

  #write(text: string): void {
    void this.#io.stderr.write(`\r\x1b[K${text}`)
  }
}
