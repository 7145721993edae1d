/** A requester that remembers what it is told, and a `defer` that runs when a test says so. */

import type { Answer } from '@greetwire/protocol'
import type { Engine, Requester } from '../src/engine.ts'

export class FakeRequester implements Requester {
  readonly answers: [number, Answer][] = []
  proceeds = 0
  onProceed: () => void = () => {}

  reply(id: number, answer: Answer): void {
    this.answers.push([id, answer])
  }

  proceed(): void {
    this.proceeds++
    this.onProceed()
  }

  /** Asks for greetings whose answers follow. */
  ask(engine: Engine, ...ids: number[]): void {
    for (const id of ids) {
      const answer = engine.greet(this, id, `name ${id}`)
      if (answer !== undefined) this.answers.push([id, answer])
    }
  }
}

export class Deferred {
  #runs: (() => void)[] = []

  readonly defer = (run: () => void): void => {
    this.#runs.push(run)
  }

  /** Ends the turn. */
  flush(): void {
    for (const run of this.#runs.splice(0)) run()
  }
}

/** Lets every promise that is settled tell so. */
export async function promisesToSettle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}
