/**
 * One TCP connection: bytes arrive late and in pieces, the server's side fills up when the client does not read, and what arrives
 * at a socket that is closed is answered by a reset.
 */

import type { SocketEvents, SocketPort } from '../../src/socket-port.ts'
import type { Random } from './random.ts'
import type { World } from './world.ts'

/** What a client is told. */
export interface WireClient {
  data(chunk: Uint8Array): void
  fin(): void
  reset(): void
}

export class SimulatedWire implements SocketPort {
  readonly #world: World
  readonly #random: Random
  readonly #client: WireClient
  #server: SocketEvents | undefined

  // From the server to the client.
  readonly #sendBuffer: number
  readonly #kernel: Uint8Array[] = []
  #kernelBytes = 0
  #rest: Uint8Array | undefined
  #clientReads = true
  #readScheduled = false
  #finSent = false
  #clientDone = false

  // From the client to the server.
  readonly #received: Uint8Array[] = []
  #finReceived: 'no' | 'waits' | 'told' = 'no'
  #paused = false
  #lastArrival = 0
  /** Whether the server released its socket. */
  #released = false

  /** What the server did, for the judge. */
  halfClosedAt: number | undefined
  resetByServerAt: number | undefined
  closedByServerAt: number | undefined
  finArrivedAt: number | undefined
  largestWrite = 0
  /** What the client had not read when the server reset the connection. */
  bytesCutOff = 0
  /** How many pieces the client has read. */
  readCount = 0

  constructor(world: World, random: Random, client: WireClient) {
    this.#world = world
    this.#random = random
    this.#client = client
    this.#sendBuffer = random.pick([64, 500, 4_096, 65_536])
  }

  /** Joins the server's session to it. */
  connect(server: SocketEvents): void {
    this.#server = server
  }

  get isConnected(): boolean {
    return this.#server !== undefined
  }

  get isReleased(): boolean {
    return this.#released
  }

  // The server's side.

  write(bytes: Uint8Array): number {
    if (this.#rest) throw new Error('The session wrote before the last write was taken')
    this.largestWrite = Math.max(this.largestWrite, bytes.length)
    const taken = this.#intoKernel(bytes)
    if (taken < bytes.length) this.#rest = bytes.subarray(taken)
    return taken
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#world.after(0, () => this.#deliver())
  }

  halfClose(): void {
    this.#finSent = true
    this.halfClosedAt = this.#world.now
    this.#scheduleRead()
  }

  close(): void {
    this.closedByServerAt ??= this.#world.now
    this.#released = true
    this.#finSent = true
    this.#scheduleRead()
  }

  reset(): void {
    if (this.#released) return
    this.resetByServerAt = this.#world.now
    this.bytesCutOff = this.#kernelBytes + (this.#rest?.length ?? 0)
    this.#released = true
    this.#resetClient()
  }

  // The client's side.

  send(bytes: Uint8Array): void {
    this.#arrive(() => {
      if (this.#released) return this.#resetClient()
      for (let at = 0; at < bytes.length;) {
        const end = this.#random.chance(0.5) ? bytes.length : at + this.#random.int(1, bytes.length - at)
        this.#received.push(bytes.slice(at, end))
        at = end
      }
      this.#deliver()
    })
  }

  sendFin(): void {
    this.#arrive(() => {
      if (this.#released) return
      this.finArrivedAt = this.#world.now
      this.#finReceived = 'waits'
      this.#deliver()
    })
  }

  sendReset(): void {
    this.#clientDone = true
    this.#arrive(() => {
      if (this.#released) return
      this.#released = true
      this.#server?.closed()
    })
  }

  setReading(reads: boolean): void {
    this.#clientReads = reads
    this.#scheduleRead()
  }

  #arrive(run: () => void): void {
    const at = Math.max(this.#lastArrival, this.#world.now + this.#random.int(0, 3))
    this.#lastArrival = at
    this.#world.after(at - this.#world.now, run)
  }

  #deliver(): void {
    // A chunk may still arrive after a pause, as on a real socket.
    let late = this.#random.chance(0.2) ? 1 : 0
    while (this.#received.length > 0 && !this.#released) {
      if (this.#paused && late-- <= 0) return
      this.#server?.data(this.#received.shift()!)
    }
    if (this.#finReceived !== 'waits' || this.#released) return
    // One runtime tells the end of a paused socket, the other holds it back.
    if (this.#paused && this.#random.chance(0.5)) return
    this.#finReceived = 'told'
    this.#server?.end()
  }

  #intoKernel(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, this.#sendBuffer - this.#kernelBytes)
    if (taken > 0) {
      this.#kernel.push(bytes.slice(0, taken))
      this.#kernelBytes += taken
      this.#scheduleRead()
    }
    return taken
  }

  #scheduleRead(): void {
    if (this.#readScheduled || !this.#clientReads || this.#clientDone) return
    this.#readScheduled = true
    this.#world.after(this.#random.int(0, LONGEST_READ_MS), () => {
      this.#readScheduled = false
      this.#read()
    })
  }

  #read(): void {
    if (!this.#clientReads || this.#clientDone) return
    const chunk = this.#kernel.shift()
    if (chunk) {
      this.readCount++
      this.#kernelBytes -= chunk.length
      this.#client.data(chunk)
      this.#refill()
      this.#scheduleRead()
    } else if (this.#finSent && !this.#rest) {
      this.#clientDone = true
      this.#client.fin()
    }
  }

  #refill(): void {
    const rest = this.#rest
    if (!rest || this.#released) return
    const taken = this.#intoKernel(rest)
    if (taken === 0) return
    this.#rest = taken < rest.length ? rest.subarray(taken) : undefined
    this.#world.after(0, () => {
      if (!this.#released) this.#server?.written(taken)
    })
  }

  #resetClient(): void {
    if (this.#clientDone) return
    this.#kernel.length = 0
    this.#finSent = false
    this.#world.after(this.#random.int(0, 3), () => {
      if (this.#clientDone) return
      this.#clientDone = true
      this.#client.reset()
    })
  }
}

/** How long a client that reads takes for one piece. */
export const LONGEST_READ_MS = 3
