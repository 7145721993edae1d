/** What a runtime gives to a server: a clock, timers, threads and listening. The only door from server-core to the outside. */

import type { ThreadNice } from './giving-way.ts'
import type { Listener, ListenRequest } from './listener.ts'
import type { ThreadSpawner } from './thread-spawner.ts'

/** Node or Bun, as a server sees it. */
export interface Runtime extends ThreadSpawner {
  /** `node` or `bun`. */
  readonly name: string
  /** How many threads can run at the same time. */
  readonly cores: number
  /** Milliseconds of a monotonic clock. */
  now(): number
  /** A number from 0 to 1. */
  random(): number
  /**
   * Calls `act` every `periodMs` until the returned function is called. It keeps the process alive: a server whose threads are all
   * dead has nothing else that would, until they are replaced.
   */
  every(periodMs: number, act: () => void): () => void
  /** Runs something when the current turn is over, before anything else that happens: `queueMicrotask`. */
  defer(run: () => void): void
  /** Runs something after timers and messages that are due had their turn: `setImmediate`. */
  yield(run: () => void): void
  /** Undefined where a nice value belongs to the whole process: everywhere but on Linux. */
  readonly threadNice: ThreadNice | undefined
  /** The absolute form of a path. */
  absolutePath(path: string): string
  /** Imports a module by its URL. */
  importModule(url: string): Promise<unknown>
  /** Listens, or throws ListenError. */
  listen(request: ListenRequest): Promise<Listener>
  /** Whether several threads can listen on one port and the kernel spreads connections over them (SO_REUSEPORT of Linux, FreeBSD). */
  canSharePort(): Promise<boolean>
}
