/**
 * Passes TLS connections on to a server, record by record: no TLS library tells whether a connection ended by close_notify or
 * by a bare FIN. Reads the types of records, which TLS 1.2 shows, and decrypts nothing.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** One record as it travels. */
export interface TlsRecord {
  readonly type: number
  readonly bytes: Buffer
}

/** What a relay passes on; all of it unless told otherwise. */
export interface TlsRelayRules {
  /** Tells whether a record of the server goes on to the client. */
  readonly passes?: (record: TlsRecord) => boolean
  /** Tells whether the client's FIN goes on to the server behind this last record; else the connection is cut. */
  readonly finPasses?: (last: TlsRecord | undefined) => boolean
}

/** The type of a record that holds an alert, in TLS 1.2. */
export const ALERT = 21

export class TlsRelay {
  /** The types of the records that the server has sent. */
  readonly fromServer: number[] = []
  readonly #server: Server
  readonly #rules: TlsRelayRules

  private constructor(host: string, port: number, rules: TlsRelayRules) {
    this.#rules = rules
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) =>
      this.#pass(client, connect({ host, port, allowHalfOpen: true, noDelay: true })),
    )
  }

  /** Listens on 127.0.0.1 for connections to this server. */
  static async open(host: string, port: number, rules: TlsRelayRules = {}): Promise<TlsRelay> {
    const relay = new TlsRelay(host, port, rules)
    await new Promise<void>((resolve) => relay.#server.listen(0, '127.0.0.1', resolve))
    return relay
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Takes no further connection. */
  close(): void {
    this.#server.close()
  }

  #pass(client: Socket, server: Socket): void {
    const { passes = () => true, finPasses = () => true } = this.#rules
    let last: TlsRecord | undefined
    eachRecord(client, (record) => {
      last = record
      server.write(record.bytes)
    })
    eachRecord(server, (record) => {
      this.fromServer.push(record.type)
      if (passes(record)) client.write(record.bytes)
    })
    client.on('end', () => (finPasses(last) ? server.end() : server.destroy()))
    server.on('end', () => client.end())
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroySoon())
  }
}

/** Hands out the records of a connection, each as soon as it is whole. */
function eachRecord(socket: Socket, take: (record: TlsRecord) => void): void {
  let kept = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk])
    while (kept.length >= HEADER_BYTES) {
      const size = HEADER_BYTES + kept.readUInt16BE(3)
      if (kept.length < size) return
      take({ type: kept.readUInt8(0), bytes: kept.subarray(0, size) })
      kept = kept.subarray(size)
    }
  })
}

const HEADER_BYTES = 5
