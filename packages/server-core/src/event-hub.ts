/** Tells listeners of events; a listener that throws hurts nobody. */

import type { Log } from './log.ts'

/** Listeners by event. */
export class EventHub<Events> {
  readonly #log: Log
  readonly #listeners = new Map<keyof Events, Set<(detail: never) => void>>()

  constructor(log: Log) {
    this.#log = log
  }

  /** Adds a listener; the returned function removes it. */
  on<Event extends keyof Events>(event: Event, listener: (detail: Events[Event]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners)
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  /** Calls every listener of an event. */
  tell<Event extends keyof Events>(event: Event, detail: Events[Event]): void {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        listener(detail as never)
      } catch (error) {
        this.#log('error', `A listener of "${String(event)}" threw: ${String(error)}`)
      }
    }
  }
}
