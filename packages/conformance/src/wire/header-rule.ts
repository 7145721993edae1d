/** What is wrong with a header as soon as its first or its eighth byte is there, whatever its frame would have become. */
import { HEADER_BYTES } from './frame.ts'
import { hexByte } from './frame-text.ts'

/** Holds a frame that has begun against the longest payload that its receiver allows, in bytes. */
export function brokenHeader(begun: Buffer, maxPayload: number): string | undefined {
  if (begun.length < HEADER_BYTES)
    return begun[0] === 0 ? undefined : `a header whose first byte is ${hexByte(begun[0]!)}, which no frame has`
  const length = begun.readUIntBE(0, 3)
  if (length <= maxPayload) return undefined
  const bytes = length.toLocaleString('en')
  return `a header that announces ${bytes} bytes of type ${hexByte(begun[3]!)}, limit ${maxPayload.toLocaleString('en')}`
}
