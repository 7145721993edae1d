/** The command: `simulate 1000000 [--seed N]` runs that many histories from a seed on, and stops at the first that is wrong. */

import { parseArgs } from 'node:util'
import { runHistory } from './history.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' } },
})
const count = Number(positionals[0] ?? 1)
const firstSeed = Number(values.seed)
if (!Number.isInteger(count) || count < 1 || !Number.isInteger(firstSeed)) {
  console.error('Cannot simulate: the count and the seed are integers, as in `simulate 1000000 --seed 7`')
  process.exit(2)
}

const began = performance.now()
let requests = 0
let executions = 0
for (let index = 0; index < count; index++) {
  const result = await runHistory(firstSeed + index)
  requests += result.requests
  executions += result.executions
  if (result.problems.length > 0) {
    console.error(`The history of seed ${result.seed} is wrong; \`simulate 1 --seed ${result.seed}\` repeats it:`)
    for (const problem of result.problems) console.error(`  ${problem}`)
    process.exit(1)
  }
  if ((index + 1) % 10_000 === 0) console.log(`${index + 1} histories, all right`)
}
const seconds = (performance.now() - began) / 1_000
console.log(
  `${count} histories from seed ${firstSeed}: all right (${requests} requests, ${executions} greetings, ` +
    `${Math.round(count / seconds)} histories a second)`,
)
