/** A connection that sends bytes as they are, in pieces of any size, and sorts the frames that come back. It judges nothing. */

import net from 'node:net'
import {
  decodePayload,
  ErrorFrame,
  errorName,
  FrameDecoder,
  Greeting,
  Pong,
  Violation,
  Welcome,
} from '@greetwire/protocol'

/** What came back on a connection, from its first byte to the server's FIN. */
export interface Received {
  /** The terminal frames of each id, in the order they came: an error's name and detail, or the greeting behind `GREETING `. */
  readonly answers: ReadonlyMap<number, readonly string[]>
  readonly pongs: readonly number[]
  readonly welcomes: number
  /** Frames that have no place here, and whatever else went wrong. */
  readonly surprises: readonly string[]
}

/** Sends `bytes` and a FIN, receives until the server's FIN, and tells what came. A reset is a surprise, not an error. */
export function exchange(address: string, bytes: Buffer, random: () => number): Promise<Received> {
  const { hostname: host, port } = new URL(address)
  const answers = new Map<number, string[]>()
  const pongs: number[] = []
  const surprises: string[] = []
  let welcomes = 0
  const decoder = new FrameDecoder()
  const socket = net.connect({ host, port: Number(port), allowHalfOpen: true, noDelay: true })

  function take(chunk: Buffer): void {
    decoder.push(chunk)
    for (let frame = decoder.next(); frame; frame = decoder.next()) {
      if (frame instanceof Violation) return void surprises.push(`violation ${frame.code}`)
      const { type, id, payload } = frame
      if (type === Greeting.type || (type === ErrorFrame.type && id > 0)) {
        const told = answers.get(id)
        const answer = answerOf(type, payload)
        if (told) told.push(answer)
        else answers.set(id, [answer])
      } else if (type === Pong.type) pongs.push(id)
      else if (type === Welcome.type) welcomes++
      else surprises.push(`type ${type}, id ${id}, ${Buffer.from(payload).toString('hex')}`)
    }
  }

  return new Promise((resolve) => {
    socket.on('data', take)
    socket.on('error', (error) => surprises.push(error.message))
    socket.on('end', () => {
      if (decoder.begun) surprises.push('FIN inside a frame')
    })
    socket.on('close', () => resolve({ answers, pongs, welcomes, surprises }))
    void sendInPieces(socket, bytes, random)
  })
}

async function sendInPieces(socket: net.Socket, bytes: Buffer, random: () => number): Promise<void> {
  for (let start = 0; start < bytes.length && !socket.destroyed;) {
    const end = start + 1 + Math.floor(random() ** 4 * 16_384)
    // Waiting for each piece gives other connections their turn.
    await new Promise<void>((sent) => void socket.write(bytes.subarray(start, end), () => sent()))
    start = end
  }
  socket.end()
}

function answerOf(type: number, payload: Uint8Array): string {
  if (type === Greeting.type) {
    const greeting = decodePayload(Greeting, payload)
    return 'greeting' in greeting ? `GREETING ${greeting.greeting}` : 'an ill-formed GREETING'
  }
  const error = decodePayload(ErrorFrame, payload)
  if (!('code' in error)) return 'a malformed ERROR'
  const name = errorName(error.code) ?? `code ${error.code}`
  return error.detail === 0 ? name : `${name} ${error.detail}`
}
