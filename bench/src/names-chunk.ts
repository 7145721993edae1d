/** Bytes as a client would send them: NAME frames in a row. */

import { encodeFrame, Name } from '@greetwire/protocol'

/** What the names of a chunk are like. */
export interface NamesChunkOptions {
  /** The id of the first NAME; the others follow. Default 1. */
  readonly firstId?: number
  /** The length of each name in bytes. Default 3. */
  readonly nameBytes?: number
}

/** A chunk of `count` NAME frames. */
export function namesChunk(count: number, { firstId = 1, nameBytes = 3 }: NamesChunkOptions = {}): Uint8Array {
  const name = 'Ada Lovelace '.repeat(Math.ceil(nameBytes / 13)).slice(0, nameBytes)
  const frame = encodeFrame(Name, { name })
  const chunk = new Uint8Array(frame.length * count)
  const view = new DataView(chunk.buffer)
  for (let index = 0; index < count; index++) {
    chunk.set(frame, index * frame.length)
    view.setUint32(index * frame.length + 4, firstId + index)
  }
  return chunk
}
