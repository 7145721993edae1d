/**
 * What went over one connection, in order: bytes both ways and how it ended. Bounded, so that a flood does not fill
 * memory: after the limit only counts are kept.
 */
import { FrameReader } from './frame-reader.ts'
import { describeFrame, hex } from './frame-text.ts'

export type WireSide = 'suite' | 'peer'

export interface WireEntry {
  /** Milliseconds since the connection was opened. */
  readonly atMs: number
  readonly side: WireSide
  readonly bytes?: Buffer
  readonly event?: string
}

export class WireLog {
  readonly entries: WireEntry[] = []
  readonly #openedAt = performance.now()
  #kept = 0
  #dropped = 0

  readonly label: string

  constructor(label: string) {
    this.label = label
  }

  bytes(side: WireSide, bytes: Buffer): void {
    if (this.#kept + bytes.length > KEPT_BYTES || this.entries.length >= KEPT_ENTRIES) {
      this.#dropped += bytes.length
      return
    }
    this.#kept += bytes.length
    this.entries.push({ atMs: this.#now(), side, bytes })
  }

  event(side: WireSide, event: string): void {
    if (this.entries.length < KEPT_ENTRIES + 16) this.entries.push({ atMs: this.#now(), side, event })
  }

  /** Prints the log, one line for each write, read and frame; at most `limit` lines. */
  lines(limit = 200): string[] {
    const readers = { suite: new FrameReader(), peer: new FrameReader() }
    const lines: string[] = []
    for (const { atMs, side, bytes, event } of this.entries) {
      const stamp = `${atMs.toFixed(1).padStart(8)} ms ${side === 'suite' ? '>' : '<'}`
      if (event !== undefined) lines.push(`${stamp} ${event}`)
      if (bytes === undefined) continue
      lines.push(`${stamp} ${hex(bytes, 48)}`)
      for (const frame of readers[side].push(bytes)) lines.push(`            ${describeFrame(frame)}`)
    }
    if (this.#dropped > 0) lines.push(`… ${this.#dropped} more bytes`)
    return lines.length > limit ? [...lines.slice(0, limit), `… ${lines.length - limit} more lines`] : lines
  }

  #now(): number {
    return performance.now() - this.#openedAt
  }
}

const KEPT_BYTES = 32_768
const KEPT_ENTRIES = 400
