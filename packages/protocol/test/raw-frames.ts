/** Builds frames byte by byte, without the encoder under test; their fields may be as wrong as a test wants. */

export interface RawHeader {
  /** The length that the header announces. Default: that of the payload. */
  readonly length?: number
}

const textEncoder = new TextEncoder()

export function utf8(text: string): Uint8Array {
  return textEncoder.encode(text)
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export function uint16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value)
}

export function uint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
}

/** A frame with any header. */
export function rawFrame(
  type: number,
  id: number,
  payload: Uint8Array | string = '',
  header: RawHeader = {},
): Uint8Array {
  const bytes = typeof payload === 'string' ? utf8(payload) : payload
  const length = header.length ?? bytes.length
  return concat(Uint8Array.of(length >>> 16, length >>> 8, length, type), uint32(id), bytes)
}

/** Only the header of a frame that announces `length` bytes. */
export function rawHeader(type: number, id: number, length: number): Uint8Array {
  return rawFrame(type, id, '', { length })
}

export function name(id: number, text: Uint8Array | string): Uint8Array {
  return rawFrame(0x03, id, text)
}

export function ping(id = 0): Uint8Array {
  return rawFrame(0x06, id)
}

export function cancel(id: number): Uint8Array {
  return rawFrame(0x08, id)
}

export interface RawHello {
  readonly minVersion?: number
  readonly maxVersion?: number
  readonly maxPayload?: number
  readonly agent?: Uint8Array | string
  readonly id?: number
}

export function hello({
  minVersion = 1,
  maxVersion = 1,
  maxPayload = 4_096,
  agent = 'test',
  id = 0,
}: RawHello = {}): Uint8Array {
  const text = typeof agent === 'string' ? utf8(agent) : agent
  return rawFrame(0x01, id, concat(uint16(minVersion), uint16(maxVersion), uint32(maxPayload), text))
}
