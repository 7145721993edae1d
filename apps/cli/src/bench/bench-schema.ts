/** The options of `greet bench`. */

import { type Static, Type } from '@sinclair/typebox'
import { CLIENT_TARGET_OPTIONS } from '../client-target.ts'
import { JSON_EVENTS } from '../option-schema.ts'

const { timeoutMs: _, ...TARGET_OPTIONS } = CLIENT_TARGET_OPTIONS
const text = (placeholder: string, description: string) =>
  Type.Optional(Type.String({ minLength: 1, placeholder, description }))
const whole = (minimum: number, maximum: number, byDefault: number, short: string, description: string) =>
  Type.Integer({ minimum, maximum, default: byDefault, short, description })
const milliseconds = (maximum: number, byDefault: number, description: string) =>
  Type.Integer({ minimum: 0, maximum, default: byDefault, description })

/** The schema. */
export const BENCH_SCHEMA = Type.Object({
  ...TARGET_OPTIONS,
  serve: text('node,bun', 'start servers of these runtimes, compare them, and ask no other'),
  rounds: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000,
      description: 'how often each server is measured, in turn; default: 3 if there are several, else 1',
    }),
  ),
  connections: whole(1, 10_000, 16, 'c', 'how many connections'),
  depth: whole(1, 65_536, 16, 'd', 'how many requests of a connection are in flight; the server has its own limit'),
  durationMs: Type.Integer({ minimum: 1, maximum: 86_400_000, default: 5_000, short: 'z', description: 'how long' }),
  requests: whole(0, 4_294_967_295, 0, 'n', 'stop after this many greetings; 0 is when the time is over'),
  rate: whole(
    0,
    10_000_000,
    0,
    'q',
    'requests a second, measured from when each was due; 0 is as fast as answers come',
  ),
  warmupMs: milliseconds(3_600_000, 1_000, 'load before the measurement'),
  graceMs: milliseconds(3_600_000, 1_000, 'how long the last answers are waited for'),
  name: Type.String({ minLength: 1, default: 'Ada', description: 'the name to send' }),
  limit: text('LIMIT', 'exit 6 unless met: p99<5ms, rate>100000, errors<1; several with commas'),
  save: text('FILE', 'write the results as JSON'),
  compare: text('FILE', 'compare with results that were saved; the load must be the same'),
  json: JSON_EVENTS,
})

/** The options as the command gets them. */
export type BenchOptions = Static<typeof BENCH_SCHEMA>
