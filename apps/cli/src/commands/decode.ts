/** `greet decode`: bytes on stdin, as hex or raw, shown as frames, field by field. */

import { ERROR_CODES, errorScope, MAX_PAYLOAD_CAP } from '@greetwire/protocol'
import { type Static, Type } from '@sinclair/typebox'
import { readBytes } from '../byte-input.ts'
import { defineCommand } from '../command.ts'
import { counted } from '../counted.ts'
import { describeFrame } from '../frames/frame-description.ts'
import type { FrameProblem, Sender } from '../frames/frame-problem.ts'
import { FrameSplitter, type Piece } from '../frames/frame-splitter.ts'
import { renderPiece, streamProblem } from '../frames/render-frame.ts'
import { type Io, writeEvent, writeLine } from '../io.ts'
import { JSON_EVENTS } from '../option-schema.ts'
import { painter } from '../painter.ts'

const DECODE_SCHEMA = Type.Object({
  format: Type.Union([Type.Literal('auto'), Type.Literal('hex'), Type.Literal('raw')], {
    default: 'auto',
    description: 'how the bytes are written; hex may be plain, or a listing of xxd or hexdump -C',
  }),
  from: Type.Union([Type.Literal('either'), Type.Literal('client'), Type.Literal('server')], {
    default: 'either',
    description: 'who sent the bytes; a frame that this side must not send is then a violation',
  }),
  maxPayload: Type.Integer({
    minimum: 1,
    maximum: MAX_PAYLOAD_CAP,
    default: MAX_PAYLOAD_CAP,
    description: 'the payload limit to judge by, in bytes',
  }),
  json: JSON_EVENTS,
})

/** The command. */
export const decodeCommand = defineCommand({
  name: 'decode',
  usage: 'decode [options]',
  summary: 'bytes on stdin, as hex or raw, shown as frames, field by field',
  schema: DECODE_SCHEMA,
  notes: [
    'Example: echo 00 00 03 03 00 00 00 01 41 64 61 | greet decode',
    '',
    'Frames are judged one by one; the order of frames is not. Exit code 5 if any frame is a violation.',
    '',
    'With --json:',
    '  {"event":"frame","offset":0,"frame":"NAME","type":3,"id":1,"length":3,"from":"client","fields":{"name":"Ada"},"hex":"…"}',
    '      fields is null where the payload cannot be read, from is null where both sides may send it; what is wrong is added as',
    '      "problem":{"code":"INVALID_NAME","scope":"request","field":"name","message":"…"}',
    '  {"event":"no-frame","offset":11,"hex":"…","problem":{…}}     a cut frame, or a header over the limit',
    '  {"event":"end","frames":1,"violations":0,"lost":0}           lost: bytes behind a header over the limit',
  ],
  async run(options, _positionals, io) {
    const show = options.json ? showEvent : showLines
    const sender = options.from === 'either' ? undefined : options.from
    const splitter = new FrameSplitter(options.maxPayload)
    const count: Count = { frames: 0, violations: 0 }

    for await (const chunk of readBytes(io.stdin, options.format)) {
      for (const piece of splitter.push(chunk)) await show(piece, sender, count, io)
    }
    const rest = splitter.end()
    if (rest) await show(rest, sender, count, io)

    await showEnd({ ...count, lost: splitter.lost }, options, io)
    return count.violations > 0 ? 'violation' : 'ok'
  },
})

interface Count {
  frames: number
  violations: number
}

type Show = (piece: Piece, sender: Sender | undefined, count: Count, io: Io) => Promise<void>

const showLines: Show = async (piece, sender, count, io) => {
  note(piece.kind === 'frame' ? describeFrame(piece.bytes, sender).problem : streamProblem(piece), piece, count)
  const { red } = painter(io.stdout, io.environment)
  await io.stdout.write(`${renderPiece(piece, { from: sender, emphasize: red }).join('\n')}\n`)
}

const showEvent: Show = async (piece, sender, count, io) => {
  const { offset } = piece
  const hex = Buffer.from(piece.bytes).toString('hex')
  if (piece.kind !== 'frame') {
    const problem = streamProblem(piece)
    note(problem, piece, count)
    return writeEvent(io.stdout, 'no-frame', { offset, hex, problem: shownProblem(problem) })
  }
  const { name, type, id, length, from = null, values = null, problem } = describeFrame(piece.bytes, sender)
  note(problem, piece, count)
  const shown = problem ? { problem: shownProblem(problem) } : {}
  return writeEvent(io.stdout, 'frame', { offset, frame: name, type, id, length, from, fields: values, hex, ...shown })
}

async function showEnd(
  end: Count & { readonly lost: number },
  { json }: Static<typeof DECODE_SCHEMA>,
  { stdout, stderr }: Io,
): Promise<void> {
  if (json) return writeEvent(stdout, 'end', { ...end })
  const lost = end.lost === 0 ? '' : `, ${end.lost} bytes lost behind a header over the limit`
  return writeLine(stderr, `${counted(end.frames, 'frame')}, ${counted(end.violations, 'violation')}${lost}`)
}

function note(problem: FrameProblem | undefined, piece: Piece, count: Count): void {
  if (piece.kind === 'frame') count.frames++
  if (problem && scopeOf(problem) === 'connection') count.violations++
}

function shownProblem(problem: FrameProblem): object {
  return { code: problem.code, scope: scopeOf(problem), field: problem.field, message: problem.message }
}

function scopeOf({ code }: FrameProblem): string | undefined {
  return errorScope(ERROR_CODES[code].code)
}
