/** The fault of a server that serves one connection at a time: others wait until it has been quiet for a while. */

export class Turns {
  #owner: object | undefined
  #until = 0

  /** Tells whether a connection may be judged now; one that may has the server to itself. */
  may(connection: object, busy: boolean): boolean {
    const now = performance.now()
    if (this.#owner !== connection && this.#owner !== undefined && now < this.#until) return false
    this.#owner = connection
    this.#until = busy ? Infinity : now + QUIET_MS
    return true
  }

  /** Gives the server up. */
  leave(connection: object): void {
    if (this.#owner === connection) this.#owner = undefined
  }
}

/** After how long a waiting connection asks again. */
export const ASK_AGAIN_MS = 10

const QUIET_MS = 50
