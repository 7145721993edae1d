/**
 * What went over one connection, in order: bytes both ways and how it ended. Bounded, so that a flood does not fill
 * memory: after the limit only counts are kept.
 */
import { FrameReader } from './frame-reader.ts'
import { MAX_PAYLOAD_CAP } from './frame.ts'
import { describeBegun, describeFrame, hex } from './frame-text.ts'
import { brokenHeader } from './header-rule.ts'

export type WireSide = 'suite' | 'peer'

export interface WireEntry {
  /** Milliseconds since the connection was opened. */
  readonly atMs: number
  readonly side: WireSide
  readonly bytes?: Buffer
  /** How many bytes of this side in front of these were not kept. */
  readonly gap?: number
  readonly event?: string
}

export class WireLog {
  readonly entries: WireEntry[] = []
  readonly #openedAt = performance.now()
  #kept = 0
  /** Bytes left out since the last entry of each side. */
  readonly #dropped = { suite: 0, peer: 0 }

  readonly label: string

  constructor(label: string) {
    this.label = label
  }

  bytes(side: WireSide, bytes: Buffer): void {
    const room = this.entries.length < KEPT_ENTRIES ? KEPT_BYTES - this.#kept : 0
    // Of what does not fit the beginning is kept, which shows what kind of bytes it was.
    const kept = bytes.length <= room ? bytes : bytes.subarray(0, room >= HEAD_BYTES ? HEAD_BYTES : 0)
    if (kept.length > 0) {
      this.#kept += kept.length
      const gap = this.#dropped[side]
      this.#dropped[side] = 0
      this.entries.push({ atMs: this.#now(), side, bytes: kept, ...(gap > 0 ? { gap } : {}) })
    }
    this.#dropped[side] += bytes.length - kept.length
  }

  event(side: WireSide, event: string): void {
    if (this.entries.length < KEPT_ENTRIES + 16) this.entries.push({ atMs: this.#now(), side, event })
  }

  /** Prints the log, one line for each write, read and frame; at most `limit` lines. */
  lines(limit = 200): string[] {
    const readers: Record<WireSide, FrameReader | undefined> = { suite: newReader(), peer: newReader() }
    const lines: string[] = []
    for (const { atMs, side, bytes, event, gap } of this.entries) {
      const stamp = `${atMs.toFixed(1).padStart(8)} ms ${side === 'suite' ? '>' : '<'}`
      if (event !== undefined) lines.push(`${stamp} ${event}`)
      if (bytes === undefined) continue
      if (gap !== undefined) {
        readers[side] = undefined
        lines.push(`${stamp} … ${gap.toLocaleString('en')} bytes not kept; what follows may begin inside a frame`)
      }
      lines.push(`${stamp} ${hex(bytes, 48)}`)
      for (const frame of readers[side]?.push(bytes) ?? []) lines.push(`${INDENT}${describeFrame(frame)}`)
      const broken = readers[side]?.broken
      if (broken === undefined) continue
      readers[side] = undefined
      lines.push(`${INDENT}${broken}`)
    }
    for (const side of ['suite', 'peer'] as const) {
      const [dropped, reader] = [this.#dropped[side], readers[side]]
      if (dropped > 0) lines.push(`… ${dropped.toLocaleString('en')} more bytes from the ${side}`)
      else if (reader && reader.pendingBytes > 0)
        lines.push(`${INDENT}the ${side} inside a frame: ${describeBegun(reader.pending())}`)
    }
    return lines.length > limit ? [...lines.slice(0, limit), `… ${lines.length - limit} more lines`] : lines
  }

  #now(): number {
    return performance.now() - this.#openedAt
  }
}

/** Reads frames until the bytes stop being any. */
function newReader(): FrameReader {
  return new FrameReader((begun) => brokenHeader(begun, MAX_PAYLOAD_CAP))
}

const INDENT = ' '.repeat(12)
const KEPT_BYTES = 32_768
const HEAD_BYTES = 64
const KEPT_ENTRIES = 400
