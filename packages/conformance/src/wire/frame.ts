/**
 * The wire format as the suite understands it: frames to bytes and back, written from the specification alone.
 * Imports no implementation, and can build every wrong frame as easily as a right one.
 */

export const HEADER_BYTES = 8

/** Default and smallest legal maxPayload, in bytes, for both directions. */
export const DEFAULT_MAX_PAYLOAD = 4096

/** Largest payload that version 1 allows, in bytes. */
export const MAX_PAYLOAD_CAP = 65_535

/** The highest request id. */
export const LAST_ID = 0xffff_ffff

export const FrameType = {
  HELLO: 0x01,
  WELCOME: 0x02,
  NAME: 0x03,
  GREETING: 0x04,
  ERROR: 0x05,
  PING: 0x06,
  PONG: 0x07,
  CANCEL: 0x08,
  GOODBYE: 0x09,
} as const

export const Code = {
  PROTOCOL_VIOLATION: 0x0001,
  UNSUPPORTED_VERSION: 0x0002,
  PAYLOAD_TOO_LARGE: 0x0003,
  UNKNOWN_TYPE: 0x0004,
  TIMEOUT: 0x0081,
  SERVER_FULL: 0x0082,
  INTERNAL: 0x0083,
  INVALID_NAME: 0x0101,
  NAME_TOO_LONG: 0x0102,
  GREETER_FAILED: 0x0103,
  GREETER_TIMEOUT: 0x0104,
  GREETING_TOO_LONG: 0x0105,
  CANCELLED: 0x0106,
  OVERLOADED: 0x0201,
  THREAD_LOST: 0x0301,
} as const

export type CodeName = keyof typeof Code

export const Reason = { SHUTTING_DOWN: 0x0001, IDLE: 0x0002, MAX_AGE: 0x0003 } as const

/** One whole frame. */
export interface Frame {
  readonly type: number
  readonly id: number
  readonly payload: Buffer
}

export interface Hello {
  readonly minVersion: number
  readonly maxVersion: number
  readonly maxPayload: number
  readonly agent: string | Buffer
}

export interface Welcome {
  readonly version: number
  readonly maxName: number
  readonly maxPayload: number
  readonly maxInFlight: number
  readonly idleTimeoutMs: number
  readonly agent: Buffer
}

/** Encodes a frame; `length` may lie about the payload. */
export function encodeFrame(
  type: number,
  id: number,
  payload: Uint8Array = EMPTY,
  length: number = payload.length,
): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + payload.length)
  bytes.writeUIntBE(length, 0, 3)
  bytes.writeUInt8(type, 3)
  bytes.writeUInt32BE(id, 4)
  bytes.set(payload, HEADER_BYTES)
  return bytes
}

/** Encodes HELLO; by default for version 1 with the default limit and no agent. */
export function hello(fields: Partial<Hello> = {}, id = 0): Buffer {
  const fixed = Buffer.alloc(8)
  fixed.writeUInt16BE(fields.minVersion ?? 1, 0)
  fixed.writeUInt16BE(fields.maxVersion ?? 1, 2)
  fixed.writeUInt32BE(fields.maxPayload ?? DEFAULT_MAX_PAYLOAD, 4)
  return encodeFrame(FrameType.HELLO, id, Buffer.concat([fixed, toBytes(fields.agent ?? '')]))
}

/** Encodes WELCOME; by default with the default limits and no agent. */
export function welcome(fields: Partial<Omit<Welcome, 'agent'>> & { agent?: string | Buffer } = {}, id = 0): Buffer {
  const fixed = Buffer.alloc(16)
  fixed.writeUInt16BE(fields.version ?? 1, 0)
  fixed.writeUInt16BE(fields.maxName ?? 1024, 2)
  fixed.writeUInt32BE(fields.maxPayload ?? DEFAULT_MAX_PAYLOAD, 4)
  fixed.writeUInt32BE(fields.maxInFlight ?? 256, 8)
  fixed.writeUInt32BE(fields.idleTimeoutMs ?? 300_000, 12)
  return encodeFrame(FrameType.WELCOME, id, Buffer.concat([fixed, toBytes(fields.agent ?? '')]))
}

/** Encodes NAME. */
export function name(id: number, text: string | Uint8Array): Buffer {
  return encodeFrame(FrameType.NAME, id, toBytes(text))
}

/** Encodes GREETING. */
export function greeting(id: number, text: string | Uint8Array): Buffer {
  return encodeFrame(FrameType.GREETING, id, toBytes(text))
}

/** Encodes ERROR. */
export function error(id: number, code: number, message: string | Uint8Array = '', detail = 0): Buffer {
  const fixed = Buffer.alloc(6)
  fixed.writeUInt16BE(code, 0)
  fixed.writeUInt32BE(detail, 2)
  return encodeFrame(FrameType.ERROR, id, Buffer.concat([fixed, toBytes(message)]))
}

/** Encodes PING. */
export function ping(id: number): Buffer {
  return encodeFrame(FrameType.PING, id)
}

/** Encodes PONG. */
export function pong(id: number): Buffer {
  return encodeFrame(FrameType.PONG, id)
}

/** Encodes CANCEL. */
export function cancel(id: number): Buffer {
  return encodeFrame(FrameType.CANCEL, id)
}

/** Encodes GOODBYE. */
export function goodbye(
  lastId: number,
  reason: number = Reason.SHUTTING_DOWN,
  message: string | Uint8Array = '',
): Buffer {
  const fixed = Buffer.alloc(2)
  fixed.writeUInt16BE(reason, 0)
  return encodeFrame(FrameType.GOODBYE, lastId, Buffer.concat([fixed, toBytes(message)]))
}

/** Encodes an ignorable frame: grease for the type of index 0 to 7 (0x8A, 0x9A, … 0xFA). */
export function grease(index = 0, payload: Uint8Array = EMPTY, id = 0): Buffer {
  return encodeFrame(0x8a + 0x10 * (index % 8), id, payload)
}

/** Reads the fields of a WELCOME, or nothing if the payload is too short. */
export function readWelcome(frame: Frame): Welcome | undefined {
  const { payload } = frame
  if (payload.length < 16) return undefined
  return {
    version: payload.readUInt16BE(0),
    maxName: payload.readUInt16BE(2),
    maxPayload: payload.readUInt32BE(4),
    maxInFlight: payload.readUInt32BE(8),
    idleTimeoutMs: payload.readUInt32BE(12),
    agent: payload.subarray(16),
  }
}

/** Reads the fields of a HELLO, or nothing if the payload is too short. */
export function readHello(frame: Frame): (Omit<Hello, 'agent'> & { agent: Buffer }) | undefined {
  const { payload } = frame
  if (payload.length < 8) return undefined
  return {
    minVersion: payload.readUInt16BE(0),
    maxVersion: payload.readUInt16BE(2),
    maxPayload: payload.readUInt32BE(4),
    agent: payload.subarray(8),
  }
}

/** Reads code, detail and message of an ERROR, or nothing if the payload is too short. */
export function readError(frame: Frame): { code: number; detail: number; message: Buffer } | undefined {
  const { payload } = frame
  if (payload.length < 6) return undefined
  return { code: payload.readUInt16BE(0), detail: payload.readUInt32BE(2), message: payload.subarray(6) }
}

/** Reads reason and message of a GOODBYE, or nothing if the payload is too short. */
export function readGoodbye(frame: Frame): { reason: number; message: Buffer } | undefined {
  const { payload } = frame
  if (payload.length < 2) return undefined
  return { reason: payload.readUInt16BE(0), message: payload.subarray(2) }
}

/** Tells whether a receiver must skip frames of this type that it does not know. */
export function isIgnorable(type: number): boolean {
  return type >= 0x80
}

/** Tells whether a frame ends a request: GREETING, or ERROR with an id. */
export function isTerminal(frame: Frame): boolean {
  return frame.type === FrameType.GREETING || (frame.type === FrameType.ERROR && frame.id !== 0)
}

/** Turns a text into its UTF-8 bytes; bytes stay as they are. */
export function toBytes(text: string | Uint8Array): Buffer {
  return typeof text === 'string'
    ? Buffer.from(text, 'utf8')
    : Buffer.from(text.buffer, text.byteOffset, text.byteLength)
}

const EMPTY = Buffer.alloc(0)
