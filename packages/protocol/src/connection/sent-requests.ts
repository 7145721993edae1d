/** What a client has sent and not seen the end of: requests, cancelled requests, PINGs. Knows ids and byte counts, no frames. */

import { UsageError } from '../codec/usage-error.ts'
import { MAX_UINT32 } from '../limits.ts'

/** @internal */
export class SentRequests {
  /** The last id sent. */
  last: number
  /** The requests whose outcome is due, in the order of their ids: where each one's frame ends in the stream we send. */
  readonly #due = new Map<number, number>()
  /** The ids that were cancelled; they keep their place until their terminal frame. */
  readonly #cancelled = new Set<number>()
  readonly #pings: number[] = []
  #pingCount = 0

  constructor(last: number) {
    this.last = last
  }

  /** How many places in flight are taken. */
  get inFlight(): number {
    return this.#due.size + this.#cancelled.size
  }

  /** How many outcomes are due, of requests and of PINGs. */
  get due(): number {
    return this.#due.size + this.#pings.length
  }

  isInFlight(id: number): boolean {
    return this.#due.has(id) || this.#cancelled.has(id)
  }

  /** Throws UsageError for an id that the next NAME cannot have. */
  checkNext(id: number): void {
    if (id <= this.last) throw new UsageError(`Cannot send NAME: id is ${id}, the last one was ${this.last}`)
    checkId('NAME', id, 1)
  }

  /** Notes a NAME whose frame ends at `frameEnd`. */
  sent(id: number, frameEnd: number): void {
    this.last = id
    this.#due.set(id, frameEnd)
  }

  /** Gives the outcome up, not the place; false if it is not due. */
  cancel(id: number): boolean {
    if (!this.#due.delete(id)) return false
    this.#cancelled.add(id)
    return true
  }

  /** Notes the terminal frame of a request in flight; returns whether its outcome is due. */
  settle(id: number): boolean {
    if (this.#due.delete(id)) return true
    this.#cancelled.delete(id)
    return false
  }

  /** Takes out every request above `id` as one list of id and end of frame. */
  takeAbove(id: number): [id: number, frameEnd: number][] {
    const taken = [...this.#due].filter(([sent]) => sent > id)
    for (const [sent] of taken) this.#due.delete(sent)
    for (const cancelled of this.#cancelled) if (cancelled > id) this.#cancelled.delete(cancelled)
    return taken
  }

  /** Notes a PING and returns its id, by default 1 to 2^32−1 in turn. Throws UsageError for an id that it cannot have. */
  ping(id: number = (this.#pingCount % MAX_UINT32) + 1): number {
    checkId('PING', id, 0)
    this.#pingCount++
    this.#pings.push(id)
    return id
  }

  get oldestPing(): number | undefined {
    return this.#pings[0]
  }

  /** Notes the PONG of the oldest PING. */
  pong(): void {
    this.#pings.shift()
  }
}

/** What a header cannot carry would go out as another id, and its answer would look like a violation. */
function checkId(frame: string, id: number, lowest: number): void {
  if (Number.isInteger(id) && id >= lowest && id <= MAX_UINT32) return
  throw new UsageError(`Cannot send ${frame}: id is ${id}, allowed is an integer from ${lowest} to ${MAX_UINT32}`)
}
