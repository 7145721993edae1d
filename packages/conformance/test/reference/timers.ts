/** The timers of one connection: which runs when, and what it ends. */
import type { Has } from './bugs.ts'
import type { ReferenceOptions } from './server.ts'

export interface TimerView {
  readonly state: string
  readonly busy: boolean
  readonly frameBegun: boolean
  readonly reading: boolean
  readonly waitingBytes: number
  readonly progressAt: number
  readonly finSeen: boolean
}

type TimerName = 'idle' | 'age' | 'frame' | 'stall' | 'linger'

export class Timers {
  readonly #options: ReferenceOptions
  readonly #has: Has
  readonly #due: Record<TimerName, () => void>
  readonly #bornAt = performance.now()
  #frameAt = 0
  #frameElapsed = 0
  #completedAt = performance.now()
  #answeredAt = performance.now()
  #finAt = 0
  #wasReading = true
  #timer: NodeJS.Timeout | undefined

  constructor(options: ReferenceOptions, has: Has, due: Record<TimerName, () => void>) {
    this.#options = options
    this.#has = has
    this.#due = due
  }

  frameBegan(): void {
    this.#frameAt = performance.now()
  }

  frameCompleted(): void {
    this.#completedAt = performance.now()
    if (!this.#has('frame-timer-inherited')) this.#frameAt = this.#completedAt
  }

  /** Starts the linger timer anew: only a fault does this. */
  lingerAnew(): void {
    this.#finAt = performance.now()
  }

  answered(): void {
    this.#answeredAt = performance.now()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  /** Sets one timer for whichever is due first. */
  arm(view: TimerView): void {
    clearTimeout(this.#timer)
    const now = performance.now()
    const restarts = !this.#has('frame-timer-while-stopped') && !this.#has('frame-timer-not-restarted')
    if (!view.reading && this.#wasReading) this.#frameElapsed = now - this.#frameAt
    const elapsed = this.#has('frame-timer-remainder') ? this.#frameElapsed : 0
    if (view.reading && !this.#wasReading && restarts) this.#frameAt = now - elapsed
    this.#wasReading = view.reading
    const [name, at] = this.#next(view, now)
    if (at === Infinity || view.state === 'CLOSED') return
    this.#timer = setTimeout(
      () => (performance.now() >= at ? this.#due[name]() : this.arm(view)),
      Math.min(2 ** 31 - 1, Math.max(1, at - now)),
    )
    this.#timer.unref()
  }

  #next(view: TimerView, now: number): [TimerName, number] {
    const { frameTimeoutMs, stallTimeoutMs, lingerTimeoutMs, maxAgeMs } = this.#options
    const never = this.#has('idle-zero-fires') ? 250 : 0
    const idleTimeoutMs = this.#options.idleTimeoutMs === 0 ? never : this.#options.idleTimeoutMs
    const judging = (view.state === 'FRESH' || view.state === 'OPEN') && !view.finSeen
    const due: [TimerName, number][] = []
    const written = view.waitingBytes === 0 || this.#has('idle-despite-output')
    const quiet = (!view.busy || this.#has('idle-cuts-requests')) && !view.frameBegun && written
    if (judging && quiet && idleTimeoutMs > 0 && !this.#has('no-idle-timer')) {
      const since =
        this.#has('idle-after-long-request') || this.#has('idle-cuts-requests')
          ? this.#completedAt
          : Math.max(this.#completedAt, this.#answeredAt)
      due.push([
        'idle',
        since + idleTimeoutMs * (this.#has('idle-early') ? 0.5 : this.#has('idle-a-little-early') ? 0.97 : 1),
      ])
    }
    if (judging && maxAgeMs > 0) due.push(['age', this.#bornAt + maxAgeMs * (this.#has('age-early') ? 0.75 : 1)])
    const frameRuns = view.reading || this.#has('frame-timer-while-stopped')
    const framed = judging || (view.state === 'DRAINING' && this.#has('frame-timer-in-draining'))
    if (framed && view.frameBegun && frameRuns && !this.#has('no-frame-timer'))
      due.push(['frame', this.#frameAt + frameTimeoutMs])
    if (view.waitingBytes > 0 && !this.#has('no-stall-timer')) due.push(['stall', view.progressAt + stallTimeoutMs])
    if (view.state === 'LINGERING' && view.waitingBytes === 0 && !this.#has('no-linger-timer')) {
      this.#finAt ||= now
      due.push(['linger', this.#finAt + lingerTimeoutMs])
    }
    return due.toSorted((a, b) => a[1] - b[1])[0] ?? ['idle', Infinity]
  }
}
