/**
 * Tells a server that is gone without a word, with its power or its network, from one that is only slow.
 *
 * The system tells nobody of such an end for minutes, so what shows it are calls that time out. One that heard nothing from its
 * first moment to its last is a reason to ask with a PING, which no greeter delays. If a call that was made behind the PING times
 * out and still nothing was heard, the server is gone. Whatever comes ends the suspicion.
 *
 * So whoever sends nothing, or sets no time limit, notices nothing; and a server that takes longer for a PONG than the calls allow
 * counts as gone.
 */

import type { Call } from './call.ts'

/** @internal */
export class Silence {
  #heardAt = performance.now()
  #askedAt = Infinity

  /** Notes that something came. */
  heard(): void {
    this.#heardAt = performance.now()
    this.#askedAt = Infinity
  }

  /** What is shown by a call that has timed out; `suspected` once, when it is time to ask. */
  shownBy({ madeAt }: Call): 'nothing' | 'suspected' | 'gone' {
    if (this.#heardAt > madeAt) return 'nothing'
    if (this.#askedAt < Infinity) return this.#askedAt <= madeAt ? 'gone' : 'nothing'
    this.#askedAt = performance.now()
    return 'suspected'
  }
}
