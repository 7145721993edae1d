/** The distances between tries: doubling, bounded, with jitter, so that many clients do not come back at the same moment. */

/** How long to wait before try number `attempt`, from 1, in milliseconds: half to all of the doubled distance. `random` is in [0, 1). */
export function backoffMs(attempt: number, minMs: number, maxMs: number, random: number): number {
  const distance = Math.min(maxMs, minMs * 2 ** Math.min(attempt - 1, 31))
  return distance * (0.5 + random / 2)
}
