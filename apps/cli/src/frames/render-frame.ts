/** Writes a frame as lines for people: offset, bytes in hex, field, value, and what is wrong where it is. Pure. */

import { ERROR_CODES, errorScope } from '@greetwire/protocol'
import { describeFrame, type FrameDescription } from './frame-description.ts'
import { type FrameProblem, type Sender, violation } from './frame-problem.ts'
import type { Piece } from './frame-splitter.ts'

/** What the lines depend on besides the bytes. */
export interface RenderOptions {
  /** Who sent the frame, if that is known. */
  readonly from?: Sender | undefined
  /** Colours the problems of a frame, for a terminal. */
  readonly emphasize?: (text: string) => string
}

/** Writes a piece of a stream. */
export function renderPiece(piece: Piece, options: RenderOptions = {}): string[] {
  if (piece.kind === 'frame') return renderDescription(describeFrame(piece.bytes, options.from), piece.offset, options)
  const problem = streamProblem(piece)
  return ['No frame', ...fieldLines(piece.kind, piece.bytes, '', piece.offset), ...problemLines(problem, options)]
}

/** What is wrong with a piece that is no whole frame. */
export function streamProblem(piece: Exclude<Piece, { kind: 'frame' }>): FrameProblem {
  if (piece.kind === 'too-large') {
    const message = 'the payload length is over the limit; nothing behind it can be read'
    return { code: 'PAYLOAD_TOO_LARGE', field: 'length', message }
  }
  return violation('payload', `the bytes end inside a frame, ${piece.missing} are missing`)
}

/** Writes a whole frame, given as its bytes. */
export function renderFrame(frame: Uint8Array, options: RenderOptions = {}): string[] {
  return renderDescription(describeFrame(frame, options.from), 0, options)
}

function renderDescription(description: FrameDescription, start: number, options: RenderOptions): string[] {
  const { fields, problem } = description
  const lines = [titleOf(description)]
  let offset = start
  for (const { name, bytes, text } of fields) {
    lines.push(...fieldLines(name, bytes, text, offset))
    if (problem?.field === name) lines.push(...problemLines(problem, options))
    offset += bytes.length
  }
  return lines
}

function titleOf({ name, id, from, length }: FrameDescription): string {
  const way = from === undefined ? '' : from === 'client' ? ', client to server' : ', server to client'
  const payload = length === 0 ? 'no payload' : `${length} bytes of payload`
  return `${name}, id ${id}${way}, ${payload}`
}

const BYTES_PER_LINE = 8

function fieldLines(name: string, bytes: Uint8Array, text: string, offset: number): string[] {
  const lines: string[] = []
  for (let at = 0; at < Math.max(bytes.length, 1); at += BYTES_PER_LINE) {
    const position = (offset + at).toString(16).padStart(4, '0')
    const hex = hexText(bytes.subarray(at, at + BYTES_PER_LINE)).padEnd(3 * BYTES_PER_LINE - 1)
    lines.push(`  ${position}  ${hex}  ${at === 0 ? `${name.padEnd(13)}  ${text}` : ''}`.trimEnd())
  }
  return lines
}

function problemLines({ code, message }: FrameProblem, { emphasize = (text) => text }: RenderOptions): string[] {
  const isViolation = errorScope(ERROR_CODES[code].code) === 'connection'
  return [`        ${emphasize(`^ ${isViolation ? 'violation' : 'refused'}: ${code}: ${message}`)}`]
}

/** Bytes in hex, separated by spaces. */
export function hexText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}
