/** Frames as the tests write and read them: plain objects with the name of the frame, as in the test vectors. */

import {
  Cancel,
  decodePayload,
  encodeFrame,
  errorName,
  FrameDecoder,
  goodbyeReason,
  Hello,
  messageOfType,
  Name,
  Ping,
  Violation,
} from '@greetwire/protocol'

/** A frame that a server sent: its name, its id, and the fields of its payload; codes and reasons by name. */
export interface ReceivedFrame {
  readonly frame: string
  readonly id: number
  readonly [field: string]: unknown
}

/** HELLO for version 1. */
export function hello(maxPayload = 4_096, agent = 'test'): Uint8Array {
  return encodeFrame(Hello, { minVersion: 1, maxVersion: 1, maxPayload, agent })
}

/** NAME. */
export function name(id: number, value: string): Uint8Array {
  return encodeFrame(Name, { name: value }, id)
}

/** PING. */
export function ping(id = 0): Uint8Array {
  return encodeFrame(Ping, {}, id)
}

/** CANCEL. */
export function cancel(id: number): Uint8Array {
  return encodeFrame(Cancel, {}, id)
}

/** A header without its payload, legal or not. */
export function header(length: number, type: number, id = 0): Uint8Array {
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, length * 256 + type)
  view.setUint32(4, id)
  return bytes
}

/** Any frame at all. */
export function frame(type: number, id: number, payload: Uint8Array | string = ''): Uint8Array {
  const bytes = typeof payload === 'string' ? text(payload) : payload
  return join(header(bytes.length, type, id), bytes)
}

/** Bytes of a hex text; spaces do not count. */
export function hex(digits: string): Uint8Array {
  return new Uint8Array(Buffer.from(digits.replaceAll(/\s/g, ''), 'hex'))
}

/** UTF-8. */
export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

/** One piece of several. */
export function join(...pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces))
}

/** Reads what a server sends. */
export class FrameReader {
  readonly #decoder = new FrameDecoder({ maxPayload: 65_535 })

  /** The frames that are whole with `chunk`. Throws for bytes that are none. */
  read(chunk: Uint8Array): ReceivedFrame[] {
    this.#decoder.push(chunk)
    const frames: ReceivedFrame[] = []
    for (let next = this.#decoder.next(); next; next = this.#decoder.next()) {
      if (next instanceof Violation) throw new Error(`The server sent no frame: ${next.code}`)
      const definition = messageOfType(next.type)
      if (!definition) throw new Error(`The server sent a frame of type ${next.type}`)
      frames.push(describeFrame(definition.name, next.id, decodePayload(definition, next.payload)))
    }
    return frames
  }

  /** Whether the server's bytes end inside a frame. */
  get begun(): boolean {
    return this.#decoder.begun
  }
}

function describeFrame(frameName: string, id: number, payload: object): ReceivedFrame {
  const { message: _forPeople, ...fields } = payload as Record<string, unknown>
  if (frameName === 'ERROR') fields['code'] = errorName(fields['code'] as number) ?? fields['code']
  if (frameName === 'GOODBYE') fields['reason'] = goodbyeReason(fields['reason'] as number) ?? fields['reason']
  return { frame: frameName, id, ...fields }
}

/** What a GREETING looks like when it is read. */
export function greeting(id: number, value: string): ReceivedFrame {
  return { frame: 'GREETING', id, greeting: value }
}

/** What an ERROR looks like when it is read. */
export function error(id: number, code: string, detail = 0): ReceivedFrame {
  return { frame: 'ERROR', id, code, detail }
}

/** What a PONG looks like when it is read. */
export function pong(id = 0): ReceivedFrame {
  return { frame: 'PONG', id }
}

/** What a GOODBYE looks like when it is read. */
export function goodbye(id: number, reason: string): ReceivedFrame {
  return { frame: 'GOODBYE', id, reason }
}
