/** The eight bytes in front of every payload: length (u24), type (u8), id (u32), big-endian (SPEC "Frames and their header"). */

/** Types from here on are ignorable: a receiver that does not know one skips the frame. */
export const FIRST_IGNORABLE_TYPE = 0x80

/** Whether a receiver that does not know this type may skip the frame. */
export function isIgnorable(type: number): boolean {
  return type >= FIRST_IGNORABLE_TYPE
}

/** The types that carry nothing and only keep receivers honest: 0x8A, 0x9A, … 0xFA (SPEC "Versions and extension"). */
export const GREASE_TYPES: readonly number[] = [0x8a, 0x9a, 0xaa, 0xba, 0xca, 0xda, 0xea, 0xfa]

/** The payload length in the header at `at`, for a frame whose first byte is 0x00. */
export function readLength(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number)
}

/** The id in the header at `at`. */
export function readId(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at + 4] as number) << 24) |
      ((bytes[at + 5] as number) << 16) |
      ((bytes[at + 6] as number) << 8) |
      (bytes[at + 7] as number)) >>>
    0
  )
}

/** Writes a header at `at`. */
export function writeHeader(bytes: Uint8Array, at: number, length: number, type: number, id: number): void {
  bytes[at] = length >>> 16
  bytes[at + 1] = length >>> 8
  bytes[at + 2] = length
  bytes[at + 3] = type
  bytes[at + 4] = id >>> 24
  bytes[at + 5] = id >>> 16
  bytes[at + 6] = id >>> 8
  bytes[at + 7] = id
}

/** The same through a view: two words cost less than eight bytes, where there is a view (bench/NOTES.md). */
export function writeHeaderWords(view: DataView, at: number, length: number, type: number, id: number): void {
  view.setUint32(at, (length << 8) | type)
  view.setUint32(at + 4, id)
}
