/**
 * The bare echo of Node without one or the other part of `node:net`, to see what each part costs: `echo-node-parts.ts PART`.
 *
 * All but the first four reach into Node's inside (run with --expose-internals). That is for this experiment alone; nothing that ships
 * may do so.
 */

import { createRequire } from 'node:module'
import net from 'node:net'
import { announce } from './announce.ts'
import { bareFrames } from './bare-frames.ts'

/** What is private in Node's sockets, as far as it is used here. */
interface Handle {
  onread: (this: Handle, memory: ArrayBuffer) => unknown
  readStart(): void
  useUserBuffer(buffer: Uint8Array): void
  writeBuffer(request: object, bytes: Uint8Array): number
}
interface StreamWrap {
  WriteWrap: new () => object
  streamBaseState: Int32Array
  kReadBytesOrError: number
}

const PARTS: Readonly<Record<string, (socket: net.Socket) => void>> = {
  plain: (socket) => socket.on('data', (chunk) => socket.write(chunk)),
  corked: (socket) =>
    socket.on('data', (chunk) => {
      socket.cork()
      socket.write(chunk)
      socket.uncork()
    }),
  readable: (socket) =>
    socket.on('readable', () => {
      for (let chunk: unknown = socket.read(); chunk !== null; chunk = socket.read()) socket.write(chunk as Uint8Array)
    }),
  frames: (socket) => {
    const answer = bareFrames()
    socket.on('data', (chunk) => socket.write(answer(chunk as Uint8Array)))
  },
  'no-readable': (socket) => read(socket, undefined, (bytes) => socket.write(bytes)),
  'no-writable': (socket) => {
    const write = writer(socket)
    socket.on('data', write)
  },
  'no-streams': (socket) => read(socket, undefined, writer(socket)),
  onread: wrap,
  'no-streams-static-buffer': (socket) => read(socket, Buffer.alloc(65_536), writer(socket)),
}

/** What `net.connect` offers as `onread`, for an accepted socket: all its reads go to one buffer. */
function wrap(accepted: net.Socket): void {
  const handle = handleOf(accepted)
  Object.assign(accepted, { _handle: null })
  const callback = (count: number, bytes: Uint8Array): boolean => {
    socket.write(bytes.subarray(0, count))
    return true
  }
  const options = { handle, onread: { buffer: Buffer.alloc(65_536), callback } }
  const socket = new net.Socket(options as unknown as net.SocketConstructorOpts)
  socket.on('error', () => {})
  handle.readStart()
  socket.resume()
}

function read(socket: net.Socket, buffer: Uint8Array | undefined, take: (bytes: Uint8Array) => unknown): void {
  const { streamBaseState, kReadBytesOrError } = streamWrap()
  const handle = handleOf(socket)
  const plain = handle.onread
  if (buffer) handle.useUserBuffer(buffer)
  handle.onread = function onread(memory) {
    const count = streamBaseState[kReadBytesOrError] as number
    if (count <= 0) return plain.call(this, memory)
    return void take(buffer ? buffer.subarray(0, count) : new Uint8Array(memory, 0, count))
  }
  socket.resume()
}

/** Writes what the kernel takes at once, which is all there ever is in this experiment. */
function writer(socket: net.Socket): (bytes: Uint8Array) => unknown {
  const { WriteWrap } = streamWrap()
  const handle = handleOf(socket)
  return (bytes) => handle.writeBuffer(new WriteWrap(), bytes)
}

function handleOf(socket: net.Socket): Handle {
  return (socket as unknown as Record<'_handle', Handle>)['_handle']
}

function streamWrap(): StreamWrap {
  const internals = createRequire(import.meta.url)('internal/test/binding') as {
    internalBinding(name: string): StreamWrap
  }
  return internals.internalBinding('stream_wrap')
}

const part = PARTS[process.argv[2] ?? 'plain'] as (socket: net.Socket) => void
const server = net.createServer({ noDelay: true, pauseOnConnect: part === wrap }, (socket) => {
  part(socket)
  socket.on('error', () => {})
})
server.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 }, () =>
  announce((server.address() as net.AddressInfo).port),
)
