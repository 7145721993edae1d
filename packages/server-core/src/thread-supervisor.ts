/**
 * Keeps a number of threads running: starts them, watches their heartbeats, replaces those that die or hang, ends them.
 *
 * It knows nothing of what the threads do, so both models use it. A thread is lost when it ends unasked, whatever its exit code
 * says, or when its heartbeat stands still for too long. Each place for a thread is a seat with a backoff of its own, so that a
 * greeter that kills every thread costs a few restarts a minute and no storm. Time comes in by `start` and `tick`.
 */

import { UsageError } from '@greetwire/protocol'
import type { GreeterSource } from './greeter-source.ts'
import { ListenError } from './listener.ts'
import type { Log } from './log.ts'
import { RestartBackoff, type RestartDelays } from './restart-backoff.ts'
import type { RefusedReport, StartOrder, ThreadReport } from './thread-messages.ts'
import type { ThreadSpawner } from './thread-spawner.ts'
import { SupervisedThread } from './supervised-thread.ts'

/** Why a thread is lost: it ended unasked, or it hangs and was ended. */
export type ThreadLoss = 'exit' | 'hung'

/** Who uses the threads. */
export interface ThreadListener {
  /** A thread works. */
  threadReady(thread: SupervisedThread): void
  /** A thread that was ready will not be heard of again. Called once for each. */
  threadLost(thread: SupervisedThread, loss: ThreadLoss): void
  /** Whether a thread that is ready may show no life for now; without this none may, for longer than the timeout. */
  mayBeStill?(thread: SupervisedThread): boolean
  /** A thread that is ready reports. */
  threadReport(thread: SupervisedThread, report: ThreadReport): void
}

/** What a supervisor needs. Times are in milliseconds. */
export interface SupervisorOptions extends RestartDelays {
  /** How many threads to keep. */
  readonly threads: number
  readonly model: StartOrder['model']
  readonly greeter: GreeterSource
  /** What the runtime's threads need beside that; asked anew for each thread. */
  readonly service?: (index: number) => unknown
  readonly spawner: ThreadSpawner
  readonly log: Log
  /** How long a new thread may take until it is ready. */
  readonly startTimeoutMs: number
  readonly heartbeatMs: number
  /** How long a heartbeat may stand still. */
  readonly heartbeatTimeoutMs: number
}

/** The defaults of the times above. */
export const SUPERVISOR_DEFAULTS = {
  // A thread starts within half a second; on a machine that is busy with other things it took ten.
  startTimeoutMs: 30_000,
  heartbeatMs: 100,
  heartbeatTimeoutMs: 5_000,
  restartDelayMs: 100,
  maxRestartDelayMs: 10_000,
} as const

/** Supervises threads. */
export class ThreadSupervisor {
  readonly #options: SupervisorOptions
  readonly #listener: ThreadListener
  readonly #seats: Seat[]
  readonly #ready = new Set<SupervisedThread>()
  readonly #terminations = new Set<Promise<void>>()
  #now = 0
  #starting: { resolve: () => void; reject: (error: Error) => void } | undefined
  #retired = false
  #stopped = false

  constructor(options: SupervisorOptions, listener: ThreadListener) {
    this.#options = options
    this.#listener = listener
    this.#seats = Array.from({ length: options.threads }, (_, index) => new Seat(index, options))
  }

  /** The threads that work, in no particular order. */
  get ready(): ReadonlySet<SupervisedThread> {
    return this.#ready
  }

  /**
   * Starts the threads. Resolves once each is ready or failed for the first time, if at least one is ready.
   *
   * Rejects, with every thread ended, if a thread refuses its greeter or its port, or none becomes ready. Call it once.
   */
  async start(now: number): Promise<void> {
    this.#now = now
    const settled = new Promise<void>((resolve, reject) => {
      this.#starting = { resolve, reject }
    })
    for (const seat of this.#seats) this.#spawn(seat)
    try {
      await settled
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** Looks at the heartbeats and replaces what is to be replaced. To be called a few times in `heartbeatMs`. */
  tick(now: number): void {
    const elapsedMs = now - this.#now
    this.#now = now
    if (this.#stopped) return
    for (const seat of this.#seats) {
      const { thread } = seat
      if (thread && this.#ready.has(thread)) {
        // One late tick says that we slept, not that the thread did.
        thread.observe(Math.min(elapsedMs, this.#options.heartbeatTimeoutMs / 4))
        if (thread.stillMs >= this.#options.heartbeatTimeoutMs && !this.#listener.mayBeStill?.(thread)) {
          this.replace(thread)
        }
      } else if (thread && now >= seat.deadline) {
        this.#fail(seat, `it was not ready after ${this.#options.startTimeoutMs} ms`)
      } else if (!thread && !this.#retired && now >= seat.deadline) this.#spawn(seat)
    }
  }

  /** Ends a thread that hangs; another takes its seat. Does nothing if it is already lost. */
  replace(thread: SupervisedThread): void {
    const seat = this.#seats.find((each) => each.thread === thread)
    if (seat) this.#fail(seat, `its heartbeat stood still for ${Math.round(thread.stillMs)} ms`, 'hung')
  }

  /** Makes no more threads, and ends those that are not ready; the others live on, watched as before. For a drain. */
  retire(): void {
    this.#retired = true
    for (const seat of this.#seats) if (seat.thread && !this.#ready.has(seat.thread)) this.#terminate(seat)
  }

  /** Ends every thread and resolves once all are gone. A start under way is rejected. May be called again. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#starting?.reject(new UsageError('Cannot start the threads: the server was stopped meanwhile'))
    this.#starting = undefined
    for (const seat of this.#seats) this.#terminate(seat)
    this.#ready.clear()
    await Promise.all(this.#terminations)
  }

  #spawn(seat: Seat): void {
    const { spawner, model, greeter, service, heartbeatMs, startTimeoutMs } = this.#options
    const thread = new SupervisedThread(seat.index)
    seat.thread = thread
    seat.deadline = this.#now + startTimeoutMs
    const order: StartOrder = {
      kind: 'start',
      model,
      index: seat.index,
      greeter,
      ledger: thread.ledger.memory,
      heartbeatMs,
      service: service?.(seat.index),
    }
    try {
      thread.handle = spawner.spawn(order, {
        onMessage: (report) => {
          if (seat.thread === thread) this.#receive(seat, thread, report)
        },
        onExit: (reason) => {
          thread.handle = undefined
          if (seat.thread === thread) this.#fail(seat, reason)
        },
      })
    } catch (error) {
      this.#fail(seat, `it could not be made: ${String(error)}`)
    }
  }

  #receive(seat: Seat, thread: SupervisedThread, report: ThreadReport): void {
    if (report.kind === 'log') return this.#options.log(report.level, `thread ${thread.index}: ${report.line}`)
    if (report.kind === 'refused') return this.#refused(seat, report)
    if (report.kind !== 'ready') return this.#listener.threadReport(thread, report)
    this.#ready.add(thread)
    seat.backoff.ready(this.#now)
    this.#listener.threadReady(thread)
    this.#startSettled(seat, undefined)
  }

  #refused(seat: Seat, { reason, listenCode }: RefusedReport): void {
    if (!this.#starting) return this.#fail(seat, reason)
    this.#starting.reject(listenCode === undefined ? new UsageError(reason) : new ListenError(reason, listenCode))
    this.#starting = undefined
    this.#terminate(seat)
  }

  #fail(seat: Seat, reason: string, loss: ThreadLoss = 'exit'): void {
    const { thread } = seat
    this.#terminate(seat)
    seat.deadline = seat.backoff.failed(this.#now)
    const then = this.#retired ? 'the server ends' : `another starts in ${Math.round(seat.deadline - this.#now)} ms`
    this.#options.log('error', `thread ${seat.index} is lost: ${reason}; ${then}`)
    if (thread && this.#ready.delete(thread)) this.#listener.threadLost(thread, loss)
    this.#startSettled(seat, reason)
  }

  #startSettled(seat: Seat, failure: string | undefined): void {
    seat.tried = true
    if (!this.#starting || !this.#seats.every((each) => each.tried)) return
    const { resolve, reject } = this.#starting
    this.#starting = undefined
    if (this.#ready.size > 0) resolve()
    else reject(this.#startFailure(`none became ready; the last was lost because ${failure}`))
  }

  /** A module can end its thread, or keep it busy, before it gives a greeter: that is a mistake of the caller. */
  #startFailure(reason: string): Error {
    const { greeter } = this.#options
    const message = `Cannot start the threads: ${reason}`
    if (greeter.kind !== 'module') return new Error(message)
    return new UsageError(`${message}; look at what ${greeter.url} does when it is loaded`)
  }

  #terminate(seat: Seat): void {
    const handle = seat.thread?.handle
    seat.thread = undefined
    if (!handle) return
    const gone = handle.terminate().finally(() => this.#terminations.delete(gone))
    this.#terminations.add(gone)
  }
}

/** The place of one thread. */
class Seat {
  readonly index: number
  readonly backoff: RestartBackoff
  thread: SupervisedThread | undefined
  /** By when its thread is to be ready; with none, when the next is made. */
  deadline = Infinity
  /** Whether its first thread became ready or failed. */
  tried = false

  constructor(index: number, delays: RestartDelays) {
    this.index = index
    this.backoff = new RestartBackoff(delays)
  }
}
