/** A client of the plain text port: one write, then everything that comes until the server's FIN. */

import net from 'node:net'

/** Sends `bytes` and our FIN; resolves with all that the server sent. */
export function exchangeText(port: number, bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true }, () => socket.end(bytes))
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.once('end', () => resolve(Buffer.concat(chunks).toString()))
    socket.once('error', reject)
  })
}
