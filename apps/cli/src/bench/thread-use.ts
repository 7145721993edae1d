/** Tells how busy the thread is that makes the load: near 100 % it measures itself, not the server. */

/** From its making on. */
export class ThreadUse {
  readonly #idleCpuMs: () => number
  readonly #startedAt = performance.now()
  readonly #cpuAtStart = threadCpuMs()
  readonly #idleAtStart: number

  /** `idleCpuMs` is how much the thread ever ran for nothing. */
  constructor(idleCpuMs: () => number) {
    this.#idleCpuMs = idleCpuMs
    this.#idleAtStart = idleCpuMs()
  }

  /** The share of the time that it worked, from 0 to 1. */
  share(): number {
    const worked = threadCpuMs() - this.#cpuAtStart - (this.#idleCpuMs() - this.#idleAtStart)
    return Math.min(1, Math.max(0, worked / (performance.now() - this.#startedAt)))
  }
}

/** Milliseconds that this thread ever ran. Node before 23.9 knows them of the whole process only, which does little else. */
export function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage()
  return (user + system) / 1_000
}
