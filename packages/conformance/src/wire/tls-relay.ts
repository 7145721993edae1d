/**
 * Passes TLS connections on to a server, record by record: no TLS library tells whether a connection ended by close_notify or
 * by a bare FIN. Reads the types of records, which TLS 1.2 shows, and decrypts nothing.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** One record as it travels. */
export interface TlsRecord {
  readonly from: TlsSide
  readonly type: number
  readonly bytes: Buffer
}

export type TlsSide = 'client' | 'server'

/** What a relay passes on; all of it unless told otherwise. */
export interface TlsRelayRules {
  /** Tells whether a record goes on to the other side. */
  readonly passes?: (record: TlsRecord) => boolean
  /** Tells what becomes of a side's FIN behind its last record: it goes on, cuts the connection, or is not seen. */
  readonly fin?: (from: TlsSide, last: TlsRecord | undefined) => 'pass' | 'cut' | 'drop'
}

/** The type of a record that holds an alert, in TLS 1.2. */
export const ALERT = 21

/** Tells alerts from other records. TLS 1.3 does not show the types of records, but nothing else is as short as its alerts. */
export function isAlert({ type, bytes }: TlsRecord): boolean {
  return type === ALERT || bytes.length === HEADER_BYTES + 2 + 1 + 16
}

/** The rules under which this side seems to send no close_notify. */
export function withoutCloseNotify(side: TlsSide): TlsRelayRules {
  return { passes: (record) => record.from !== side || !isAlert(record) }
}

export class TlsRelay {
  /** The types of the records that each side has sent. */
  readonly sent: Readonly<Record<TlsSide, number[]>> = { client: [], server: [] }
  readonly #server: Server
  readonly #rules: TlsRelayRules

  private constructor(host: string, port: number, rules: TlsRelayRules) {
    this.#rules = rules
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      const server = connect({ host, port, allowHalfOpen: true, noDelay: true })
      this.#pass('client', client, server)
      this.#pass('server', server, client)
    })
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

  #pass(from: TlsSide, source: Socket, target: Socket): void {
    const { passes = () => true, fin = () => 'pass' } = this.#rules
    let last: TlsRecord | undefined
    eachRecord(source, (type, bytes) => {
      last = { from, type, bytes }
      this.sent[from].push(type)
      if (passes(last)) target.write(bytes)
    })
    source.on('end', () => {
      const outcome = fin(from, last)
      if (outcome === 'pass') target.end()
      if (outcome === 'cut') target.destroy()
    })
    source.on('error', () => target.destroy()).on('close', () => target.destroySoon())
  }
}

/** Hands out the records of a connection, each as soon as it is whole. */
function eachRecord(socket: Socket, take: (type: number, bytes: Buffer) => void): void {
  let kept = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk])
    while (kept.length >= HEADER_BYTES) {
      const size = HEADER_BYTES + kept.readUInt16BE(3)
      if (kept.length < size) return
      take(kept.readUInt8(0), kept.subarray(0, size))
      kept = kept.subarray(size)
    }
  })
}

const HEADER_BYTES = 5
