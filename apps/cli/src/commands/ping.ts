/** `greet ping`: measures round trips to a server, without its greeters. */

import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { type Static, Type } from '@sinclair/typebox'
import { CLIENT_TARGET_OPTIONS, connectClient } from '../client-target.ts'
import { defineCommand } from '../command.ts'
import { counted } from '../counted.ts'
import { type Io, writeEvent, writeLine } from '../io.ts'
import { JSON_EVENTS, VERBOSE } from '../option-schema.ts'

const PING_SCHEMA = Type.Object({
  ...CLIENT_TARGET_OPTIONS,
  count: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 4, short: 'c', description: 'how many pings' }),
  intervalMs: Type.Integer({ minimum: 0, maximum: 3_600_000, default: 200, description: 'the distance between pings' }),
  json: JSON_EVENTS,
  verbose: VERBOSE,
})

/** The command. */
export const pingCommand = defineCommand({
  name: 'ping',
  usage: 'ping [options]',
  summary: 'round-trip times to a server',
  schema: PING_SCHEMA,
  endsItself: true,
  notes: [
    'When it is interrupted or the server is gone, it sums up the pings that there were.',
    'A timeout of 0 is no limit.',
    '',
    'With --json:',
    '  {"event":"pong","target":"tcp://127.0.0.1:4356","index":0,"elapsedMs":0.21}',
    '  {"event":"end","count":4,"minMs":0.19,"medianMs":0.2,"maxMs":0.21}',
  ],
  async run(options, _positionals, io) {
    const times: number[] = []
    try {
      await ping(options, times, io)
    } catch (error) {
      if (!io.interrupted.aborted) throw error
    } finally {
      if (times.length > 0) await sumUp(times, options, io)
    }
    return io.interrupted.aborted ? 'interrupted' : 'ok'
  },
})

type PingOptions = Static<typeof PING_SCHEMA>

/** Adds the time of each ping to `times`. */
async function ping(options: PingOptions, times: number[], io: Io): Promise<void> {
  const { interrupted: signal, stdout } = io
  const { count, intervalMs, json } = options
  const client = await connectClient(options, { signal }, io)
  const { target } = client
  try {
    for (let index = 0; index < count; index++) {
      if (index > 0) await delay(intervalMs, undefined, { signal })
      const elapsedMs = rounded(await client.ping({ signal }))
      times.push(elapsedMs)
      if (json) await writeEvent(stdout, 'pong', { target, index, elapsedMs })
      else await writeLine(stdout, `PONG from ${target} in ${elapsedMs.toFixed(3)} ms`)
    }
  } finally {
    const closed = client.close()
    // Who interrupts us does not wait for the server either.
    if (!signal.aborted) await Promise.race([closed, once(signal, 'abort')])
  }
}

async function sumUp(times: readonly number[], { json }: PingOptions, { stdout, stderr }: Io): Promise<void> {
  const count = times.length
  const summary = summaryOf(times)
  if (json) await writeEvent(stdout, 'end', { count, ...summary })
  else await writeLine(stderr, `${counted(count, 'ping')}: ${Object.entries(summary).map(shown).join(', ')}`)
}

function summaryOf(times: readonly number[]): Record<'minMs' | 'medianMs' | 'maxMs', number> {
  const sorted = times.toSorted((one, other) => one - other)
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] as number
  return { minMs: at(0), medianMs: at(0.5), maxMs: at(1) }
}

function shown([name, value]: [string, number]): string {
  return `${name.replace('Ms', '')} ${value.toFixed(3)} ms`
}

/** To microseconds: the clock tells more digits than it knows. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000
}
