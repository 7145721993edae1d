/**
 * Everything that crosses between a server's main thread and the threads it supervises, as schemas.
 *
 * An order goes to a thread, a report comes back. Each side gets messages in the order in which the other posted them.
 */

import { type Static, Type } from '@sinclair/typebox'
import { GREETER_SOURCE_SCHEMA } from './greeter-source.ts'
import type { TraceEvent } from './socket-trace.ts'

const SharedMemory = Type.Unsafe<SharedArrayBuffer>(Type.Any())
const Slot = Type.Integer({ minimum: 0 })

/** The first message to a thread; it answers `ready` or `refused`. */
export const START_ORDER_SCHEMA = Type.Object({
  kind: Type.Literal('start'),
  model: Type.Union([Type.Literal('shard'), Type.Literal('pool')]),
  /** The seat of the thread, from 0; a replacement has the index of the one it replaces. */
  index: Type.Integer({ minimum: 0 }),
  greeter: GREETER_SOURCE_SCHEMA,
  /** A ThreadLedger. */
  ledger: SharedMemory,
  /** How often the thread's timer is to beat, in milliseconds. */
  heartbeatMs: Type.Number({ exclusiveMinimum: 0 }),
  /** What else the thread of a runtime needs, such as the address and the options of a shard. */
  service: Type.Unknown(),
})
/** The first message to a thread; it answers `ready` or `refused`. */
export type StartOrder = Static<typeof START_ORDER_SCHEMA>

/** Requests for a pool thread, in the order in which they are to start. */
export const BATCH_ORDER_SCHEMA = Type.Object({
  kind: Type.Literal('batch'),
  /** How many, and their names as PackedSlots. */
  count: Type.Integer({ minimum: 1 }),
  texts: Type.String(),
})
/** Requests for a pool thread, in the order in which they are to start. */
export type BatchOrder = Static<typeof BATCH_ORDER_SCHEMA>

/** Started requests whose answers nobody waits for any more; the thread gives their slots up. */
export const FORGET_ORDER_SCHEMA = Type.Object({ kind: Type.Literal('forget'), slots: Type.Array(Slot) })

/** Tells a shard to take no more connections and to drain those it has; it answers `drained`. */
export const DRAIN_ORDER_SCHEMA = Type.Object({
  kind: Type.Literal('drain'),
  /** After how many milliseconds what is left is reset; Infinity is never. */
  drainMs: Type.Unsafe<number>(Type.Any()),
})

/** Any message to a thread. */
export const THREAD_ORDER_SCHEMA = Type.Union([
  START_ORDER_SCHEMA,
  BATCH_ORDER_SCHEMA,
  FORGET_ORDER_SCHEMA,
  DRAIN_ORDER_SCHEMA,
])
/** Any message to a thread. */
export type ThreadOrder = Static<typeof THREAD_ORDER_SCHEMA>

/** The thread works. */
export const READY_REPORT_SCHEMA = Type.Object({ kind: Type.Literal('ready') })

/** The thread cannot work and will not: its greeter is refused, or its port cannot be bound. */
export const REFUSED_REPORT_SCHEMA = Type.Object({
  kind: Type.Literal('refused'),
  reason: Type.String(),
  /** The code of the ListenError, if it is the port. */
  listenCode: Type.Optional(Type.String()),
})
/** The thread cannot work and will not. */
export type RefusedReport = Static<typeof REFUSED_REPORT_SCHEMA>

/** What a pool thread got done since its last report. */
export const ANSWERS_REPORT_SCHEMA = Type.Object({
  kind: Type.Literal('answers'),
  /** How many slots are answered or given up, and their greetings as PackedSlots; see ANSWER_MARKS. */
  count: Type.Integer({ minimum: 0 }),
  texts: Type.String(),
  /** How many batches were started to their ends; they end in the order in which they were posted. */
  batchesConsumed: Type.Integer({ minimum: 0 }),
  /** How many greeters were called, and the time those calls took, for the size of the next batches. */
  started: Type.Integer({ minimum: 0 }),
  busyMs: Type.Number({ minimum: 0 }),
})
/** What a pool thread got done since its last report. */
export type AnswersReport = Static<typeof ANSWERS_REPORT_SCHEMA>

/** What stands in the place of a greeting: the greeter failed, or the slot is given up because of a `forget`. */
export const ANSWER_MARKS = { failed: -1, forgotten: -2 } as const

/** A line for the log of the server. */
export const LOG_REPORT_SCHEMA = Type.Object({
  kind: Type.Literal('log'),
  level: Type.Union([Type.Literal('info'), Type.Literal('warn'), Type.Literal('error')]),
  line: Type.String(),
})

/** The shard has no connection left. */
export const DRAINED_REPORT_SCHEMA = Type.Object({ kind: Type.Literal('drained') })

/** A stage of a socket of a shard, for whoever watches. */
export const TRACE_REPORT_SCHEMA = Type.Object({
  kind: Type.Literal('trace'),
  event: Type.Unsafe<TraceEvent>(Type.Any()),
})

/** Any message from a thread. */
export const THREAD_REPORT_SCHEMA = Type.Union([
  READY_REPORT_SCHEMA,
  REFUSED_REPORT_SCHEMA,
  ANSWERS_REPORT_SCHEMA,
  LOG_REPORT_SCHEMA,
  DRAINED_REPORT_SCHEMA,
  TRACE_REPORT_SCHEMA,
])
/** Any message from a thread. */
export type ThreadReport = Static<typeof THREAD_REPORT_SCHEMA>
