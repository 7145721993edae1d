/**
 * The timers of one server-side connection (SPEC "Timers"): when each runs, and when it is due. A timer here is a point in time;
 * nothing fires by itself. Infinity means that a timer does not run.
 */

/** How long each timer runs, in milliseconds; 0 turns a timer off. */
export interface TimerOptions {
  /** Without a frame completed or output taken by the kernel, with nothing in flight: GOODBYE(IDLE). */
  readonly idleTimeoutMs: number
  /** From the first byte of a frame to its last: fatal TIMEOUT. */
  readonly frameTimeoutMs: number
  /** Without a byte taken by the kernel while output waits: reset. */
  readonly stallTimeoutMs: number
  /** From our FIN to the peer's: close. */
  readonly lingerTimeoutMs: number
  /** From a GOODBYE that a timer caused to the reset of what is left. */
  readonly drainTimeoutMs: number
  /** The age at which a connection gets GOODBYE(MAX_AGE). Whoever sets it adds the jitter. */
  readonly maxAgeMs: number
}

/** The timer that is due. */
export type DueTimer = 'stall' | 'drain' | 'linger' | 'frame' | 'idle' | 'age'

/** @internal */
export class ConnectionTimers {
  readonly #options: TimerOptions
  readonly #ageDeadline: number
  #idleSince: number
  /** Whether the connection is quiet: nothing in flight, nothing begun, nothing waiting. */
  #idle = true
  #frameSince = Infinity
  #stallSince = Infinity
  #lingerSince = Infinity
  #drainDeadline = Infinity

  constructor(options: TimerOptions, now: number) {
    this.#options = options
    this.#idleSince = now
    this.#ageDeadline = after(now, options.maxAgeMs)
  }

  /** Notes that a frame was completed, or that the kernel took output. */
  active(now: number): void {
    this.#idleSince = now
  }

  /** Tells whether the idle timer runs. */
  setIdle(idle: boolean): void {
    this.#idle = idle
  }

  /** Tells whether a frame is begun while we read; `anew` if it is another frame than before. */
  setFrameBegun(begun: boolean, anew: boolean, now: number): void {
    if (!begun) this.#frameSince = Infinity
    else if (anew || this.#frameSince === Infinity) this.#frameSince = now
  }

  /** Tells whether output waits for the kernel; every byte it takes starts the timer anew. */
  setStalled(waiting: boolean, progress: boolean, now: number): void {
    if (!waiting) this.#stallSince = Infinity
    else if (progress || this.#stallSince === Infinity) this.#stallSince = now
  }

  /** Starts the linger timer: our FIN is sent. */
  linger(now: number): void {
    this.#lingerSince = now
  }

  /** Sets the time at which what is left is reset; an earlier one stands. */
  drainBy(deadline: number): void {
    this.#drainDeadline = Math.min(this.#drainDeadline, deadline)
  }

  /** The deadline for the drain that an idle or old connection begins. */
  drainDeadline(now: number): number {
    return after(now, this.#options.drainTimeoutMs)
  }

  /** The earliest deadline of all timers that run. `judging` is whether the idle, age and frame timers apply. */
  deadline(judging: boolean): number {
    const { stallTimeoutMs, lingerTimeoutMs } = this.#options
    let earliest = Math.min(
      after(this.#stallSince, stallTimeoutMs),
      after(this.#lingerSince, lingerTimeoutMs),
      this.#drainDeadline,
    )
    if (judging) earliest = Math.min(earliest, this.#frameDeadline, this.#idleDeadline, this.#ageDeadline)
    return earliest
  }

  /** The timer to act on first, or undefined if none is due. */
  due(now: number, judging: boolean): DueTimer | undefined {
    const { stallTimeoutMs, lingerTimeoutMs } = this.#options
    if (now >= after(this.#stallSince, stallTimeoutMs)) return 'stall'
    if (now >= this.#drainDeadline) return 'drain'
    if (now >= after(this.#lingerSince, lingerTimeoutMs)) return 'linger'
    if (!judging) return undefined
    if (now >= this.#frameDeadline) return 'frame'
    if (now >= this.#idleDeadline) return 'idle'
    return now >= this.#ageDeadline ? 'age' : undefined
  }

  get #frameDeadline(): number {
    return after(this.#frameSince, this.#options.frameTimeoutMs)
  }

  get #idleDeadline(): number {
    return this.#idle ? after(this.#idleSince, this.#options.idleTimeoutMs) : Infinity
  }
}

function after(since: number, timeoutMs: number): number {
  return timeoutMs === 0 ? Infinity : since + timeoutMs
}
