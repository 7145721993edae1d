/** What makes a client hard to serve: it reads slowly, or it goes on writing whatever the server says. */

import type { Wire } from './wire.ts'

/** Reads one chunk in each turn of the event loop, so that the server's output has to wait. */
export function readSlowly({ socket }: Wire): void {
  socket.on('data', () => {
    socket.pause()
    setImmediate(() => socket.resume())
  })
}

/** Writes `piece` again as soon as the one before is taken, until the connection ends; counts the bytes taken. */
export function keepWriting(wire: Wire, piece: Uint8Array): { readonly bytes: number } {
  const taken = { bytes: 0 }
  const { socket } = wire
  const more = (): void => {
    if (socket.destroyed || !socket.writable || socket.readableEnded) return
    socket.write(piece, (error) => {
      if (error) return
      taken.bytes += piece.length
      more()
    })
  }
  more()
  return taken
}
