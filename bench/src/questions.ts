/** What the benchmark answers: each question is a ratio of two rows under one load, with its target. */

/** One ratio. */
export interface Question {
  readonly about: 'limit' | 'echo' | 'redis' | 'grpc' | 'pool' | 'piscina' | 'ws' | 'nats'
  readonly subject: string
  readonly base: string
  readonly depth: number
  /** The least ratio wanted; undefined where the figure is for comparison only. */
  readonly target?: number | undefined
}

/** How many requests of a connection are in flight. */
export const DEPTHS = [1, 16, 128] as const

const RUNTIMES = ['node', 'bun'] as const

/** Every question, in the order of the report. */
export const QUESTIONS: readonly Question[] = RUNTIMES.flatMap((runtime) => {
  const builtIn = `${runtime}-shard-built-in`
  const string = `${runtime}-shard-string`
  return [
    ...atDepths('limit', builtIn, 'limit', [runtime === 'bun' ? 0.8 : 0.7, 0.75, 0.55]),
    ...atDepths('limit', string, 'limit', []),
    ...atDepths('echo', builtIn, `echo-${runtime}`, [undefined, 0.75, undefined]),
    ...atDepths('redis', builtIn, 'redis', [0.9, 0.9, 1]),
    ...atDepths('grpc', builtIn, 'grpc', [8, 60, 200]),
    ...atDepths('ws', builtIn, 'ws', []),
    ...atDepths('nats', builtIn, 'nats', []),
    ...atDepths('pool', `${runtime}-pool-string`, string, [0.5, 0.5, 0.5]),
    ...atDepths('pool', `${runtime}-pool-built-in`, builtIn, []),
    ...atDepths('piscina', `${runtime}-pool-string`, 'piscina', [undefined, 5, undefined]),
  ]
})

function atDepths(
  about: Question['about'],
  subject: string,
  base: string,
  target: readonly (number | undefined)[],
): Question[] {
  return DEPTHS.map((depth, index) => ({ about, subject, base, depth, target: target[index] }))
}
