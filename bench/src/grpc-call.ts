/** One call of SayHello, verified. */

import { once } from 'node:events'
import { connect } from 'node:http2'

/** A message with one string field, as protobuf writes it, behind the five bytes that gRPC puts before a message. */
export function message(text: string): Buffer {
  const bytes = Buffer.from(text)
  const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7]
  const field = Buffer.from([0x0a, ...length, ...bytes])
  return Buffer.from([0, 0, 0, field.length >> 8, field.length & 0xff, ...field])
}

/** Calls SayHello. Rejects if gRPC reports an error or the reply is not the greeting. */
export async function sayHello(port: number, name: string): Promise<void> {
  const session = connect(`http://127.0.0.1:${port}`)
  try {
    const call = session.request({
      ':method': 'POST',
      ':path': '/helloworld.Greeter/SayHello',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    const chunks: Buffer[] = []
    let status: unknown
    // Where there is no reply, the status is in the only headers.
    call.on('response', (headers) => (status ??= headers['grpc-status']))
    call.on('trailers', (headers) => (status ??= headers['grpc-status']))
    call.on('data', (chunk: Buffer) => chunks.push(chunk))
    call.end(message(name))
    await Promise.race([once(call, 'end'), once(session, 'error').then(([error]) => Promise.reject(error as Error))])
    const reply = Buffer.concat(chunks)
    if (Number(status) !== 0) throw new Error(`SayHello ended with gRPC status ${String(status)}`)
    if (!reply.equals(message(`Hello ${name}`))) throw new Error(`SayHello answered ${reply.toString('hex')}`)
  } finally {
    session.close()
  }
}
