/** What makes a client hard to serve: it reads slowly, or it goes on writing whatever the server says. */

import type { Wire } from './wire.ts'

/** Reads one chunk in each turn of the event loop, so that the server's output has to wait. */
export function readSlowly({ socket }: Wire): void {
  socket.on('data', () => {
    socket.pause()
    setImmediate(() => socket.resume())
  })
}

/** A client's writing that goes on by itself. */
export interface Writing {
  /** How many bytes the kernel has taken. */
  readonly bytes: number
  /** Writes nothing more behind the piece that waits. */
  stop(): void
}

/** Writes `piece` again as soon as the one before is taken, until the connection ends or `limit` bytes were taken. */
export function keepWriting({ socket }: Wire, piece: Uint8Array, limit = Infinity): Writing {
  let bytes = 0
  let stopped = false
  const more = (): void => {
    if (stopped || bytes >= limit || !socket.writable || socket.readableEnded) return
    socket.write(piece, (error) => {
      if (error) return
      bytes += piece.length
      more()
    })
  }
  more()
  return {
    get bytes() {
      return bytes
    },
    stop() {
      stopped = true
    },
  }
}

/** Waits until `measure` has given the same for many turns in a row: what stands still tells no event. */
export async function standsStill(measure: () => number): Promise<void> {
  let last = NaN
  for (let same = 0; same < STILL_LOOKS; same++) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    const value = measure()
    if (value !== last) same = 0
    last = value
  }
}

const STILL_LOOKS = 40
