/** Writes down everything that a ClientConnection tells, in the shape of the frames of the test vectors. */

import {
  ClientConnection,
  type ClientConnectionOptions,
  type ClientHandler,
  type ConnectionEnd,
  type Executed,
  type ReceivedError,
  type ReceivedGoodbye,
  type ServerInfo,
} from '../../src/index.ts'

/** A request that the connection will not answer. */
export interface LostRequest {
  readonly id: number
  readonly executed: Executed
  readonly why: ConnectionEnd['why']
}

export class ClientRecorder implements ClientHandler {
  readonly connection: ClientConnection
  readonly frames: object[] = []
  readonly lostRequests: LostRequest[] = []

  constructor(options: ClientConnectionOptions = {}) {
    this.connection = new ClientConnection(options, this)
  }

  /** Everything to be sent, as if the kernel took it at once. */
  sendAll(): Uint8Array {
    const output = this.connection.takeOutput() ?? new Uint8Array(0)
    this.connection.outputAccepted(output.length)
    return output
  }

  receiveAll(chunks: Iterable<Uint8Array>): void {
    for (const chunk of chunks) this.connection.receive(chunk)
  }

  welcome(server: ServerInfo): void {
    this.frames.push({ type: 'WELCOME', id: 0, ...server })
  }

  greeting(id: number, greeting: string): void {
    this.frames.push({ type: 'GREETING', id, greeting })
  }

  failed(id: number, { code, detail, message }: ReceivedError): void {
    this.frames.push({ type: 'ERROR', id, code, detail, message })
  }

  lost(id: number, executed: Executed, { why }: ConnectionEnd): void {
    this.lostRequests.push({ id, executed, why })
  }

  pong(id: number): void {
    this.frames.push({ type: 'PONG', id })
  }

  goodbye({ last, reason, message }: ReceivedGoodbye): void {
    this.frames.push({ type: 'GOODBYE', id: last, reason, message })
  }
}
