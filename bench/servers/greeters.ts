/** The greeters that the servers under load run. */

import type { GreeterOption } from '@greetwire/server-node'

/** `built-in` is none of its own, `string` the same work as a user's function, `burn` a millisecond of CPU for each name. */
export type GreeterName = 'built-in' | 'string' | 'burn'

/** The option that gives a server this greeter. */
export function greeterCalled(name: GreeterName): { greeter?: GreeterOption } {
  if (name === 'built-in') return {}
  return { greeter: { module: new URL(import.meta.url), export: name } }
}

/** The built-in greeting as a user would write it. */
export function string(name: string): string {
  return `Hello ${name}`
}

/** Burns a millisecond of CPU time, not of wall time: a thread that waits for a core is not done sooner. */
export function burn(name: string): string {
  return spin(roundsPerMillisecond) < 0 ? '' : `Hello ${name}`
}

function spin(rounds: number): number {
  let value = rounds
  for (let round = 0; round < rounds; round++) value = (value * 1_103_515_245 + 12_345) % 2_147_483_648
  return value
}

/** How many rounds of `spin` take a millisecond. The fastest of many runs is the one that nobody else disturbed; the first ones compile. */
export function calibrate(): number {
  const rounds = 20_000
  let leastMs = Infinity
  for (let run = 0; run < 40; run++) {
    const began = performance.now()
    spin(rounds)
    leastMs = Math.min(leastMs, performance.now() - began)
  }
  return Math.round(rounds / leastMs)
}

/** Given where servers are compared, so that a millisecond is the same in all of their threads. */
const roundsPerMillisecond = Number(process.env['ROUNDS_PER_MILLISECOND'] ?? calibrate())
