/** grpc-js with the service everybody starts with: SayHello. */

import { type handleUnaryCall, Server, ServerCredentials } from '@grpc/grpc-js'
import { announce } from './announce.ts'

/** A message whose only field, number 1, is a string: as protobuf writes it, without a schema compiler in between. */
function encode(value: string): Buffer {
  const bytes = Buffer.from(value)
  const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7]
  return Buffer.concat([Buffer.from([0x0a, ...length]), bytes])
}

function decode(bytes: Buffer): string {
  return bytes.toString('utf8', bytes.length < 130 ? 2 : 3)
}

const sayHello: handleUnaryCall<string, string> = (call, callback) => callback(null, `Hello ${call.request}`)

const server = new Server()
server.addService(
  {
    SayHello: {
      path: '/helloworld.Greeter/SayHello',
      requestStream: false,
      responseStream: false,
      requestSerialize: encode,
      requestDeserialize: decode,
      responseSerialize: encode,
      responseDeserialize: decode,
    },
  },
  { SayHello: sayHello },
)
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error
  announce(port)
})
