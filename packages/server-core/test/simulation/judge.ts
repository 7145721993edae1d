/**
 * Says what is wrong with a history. The rules are those of SPEC.md and of the engine, told from what clients saw and greeters
 * did; nothing here looks inside the server.
 */

import { type ErrorName, HEADER_BYTES } from '@greetwire/protocol'
import type { History } from './history.ts'
import type { Received, Sent, SimulatedClient } from './simulated-client.ts'
import { LONGEST_READ_MS } from './simulated-wire.ts'
import { type Execution, greetingOf, LARGEST_GREETING, type PlannedGreeting } from './simulated-greeter.ts'

type Failure = Extract<Received, { frame: 'ERROR' }>
type Terminal = Failure | Extract<Received, { frame: 'GREETING' }>

/** Every rule that the history breaks. */
export function judge(history: History): string[] {
  const problems = [...history.engine.problems, ...history.leftovers]
  for (const [key, executions] of history.threads.executions) {
    if (executions.length > 1) problems.push(`request ${key} was executed ${executions.length} times`)
  }
  for (const client of history.clients) {
    for (const problem of judgeConnection(history, client)) problems.push(`connection ${client.index}: ${problem}`)
  }
  if (history.drainedAt === undefined) problems.push('the drain never ended')
  if (history.stoppedAt === undefined) problems.push('the stop never ended')
  if (history.engine.openRequests > 0) problems.push('requests were still open after the stop')
  if (history.threads.all.some(({ isDead }) => !isDead)) problems.push('a thread outlived the stop')
  return problems
}

function* judgeConnection(history: History, client: SimulatedClient): Generator<string> {
  if (!client.wire.isConnected) return
  if (client.malformed !== undefined) yield `the server sent ${client.malformed}`
  const memory = OUTPUT_HIGH_WATER + history.options.maxInFlight * (LARGEST_GREETING + HEADER_BYTES)
  if (client.wire.largestWrite > memory) yield `the server held ${client.wire.largestWrite} bytes of output`
  if (!client.wire.isReleased) yield 'the server never let go of the socket'
  yield* judgeRequests(history, client)
  yield* judgePings(client)
  yield* judgeEnd(history, client)
}

function* judgeRequests(history: History, client: SimulatedClient): Generator<string> {
  const { sent, received } = client
  const terminals = new Map<number, Terminal[]>()
  for (const frame of received) {
    if ((frame.frame !== 'GREETING' && frame.frame !== 'ERROR') || frame.id === 0) continue
    terminals.set(frame.id, [...(terminals.get(frame.id) ?? []), frame])
  }
  const violation = violationIndex(sent)
  const goodbye = received.find((each) => each.frame === 'GOODBYE')
  for (const [index, name] of sent.entries()) {
    if (name.frame !== 'NAME') continue
    const [terminal, second] = terminals.get(name.id) ?? []
    terminals.delete(name.id)
    const request = `request ${name.id}`
    const execution = 'planned' in name ? history.threads.executions.get(name.planned.key)?.[0] : undefined
    if (second) yield `${request} was answered twice`
    if (index > violation || (goodbye && name.id > goodbye.id)) {
      if (terminal) yield `${request} was answered though it was never taken`
      if (execution) yield `${request} was executed though it was never taken`
    } else if (terminal) {
      const problem = judgeAnswer(history, client, name, terminal, execution)
      if (problem !== undefined) yield `${request} (${'planned' in name ? name.name : name.refusal}) ${problem}`
    } else if (client.finReceivedAt !== undefined) yield `${request} was not answered before the FIN`
  }
  for (const id of terminals.keys()) yield `id ${id} was answered and never sent`
}

function judgeAnswer(
  history: History,
  client: SimulatedClient,
  name: Extract<Sent, { frame: 'NAME' }>,
  terminal: Terminal,
  execution: Execution | undefined,
): string | undefined {
  if (terminal.frame === 'ERROR') {
    const code = describe(terminal.code)
    if ('refusal' in name) return terminal.code === name.refusal ? undefined : `got ${code}`
    const legal = legalErrors(history, client, name.planned, terminal, execution)
    if (!legal.has(terminal.code)) {
      const ran = execution ? `ran from ${execution.startedAt} to ${execution.endedAt}` : 'did not run'
      return `got ${code} at ${terminal.at}, though its greeter ${ran}`
    }
    return judgeDetail(client, terminal)
  }
  if ('refusal' in name) return 'was greeted'
  if (execution?.endedAt === undefined) return 'was greeted without a greeter'
  if (!GREETS.has(name.planned.behaviour)) return 'was greeted'
  return terminal.greeting === greetingOf(name.name)
    ? undefined
    : `got the greeting ${JSON.stringify(terminal.greeting)}`
}

/** The errors that what happened to a request allows. */
function legalErrors(
  { options }: History,
  { sent }: SimulatedClient,
  { behaviour }: PlannedGreeting,
  { id, at }: Failure,
  execution: Execution | undefined,
): Set<ErrorName> {
  const legal = new Set<ErrorName>()
  if (!execution) {
    legal.add('OVERLOADED')
    if (sent.some((each) => each.frame === 'CANCEL' && each.id === id)) legal.add('CANCELLED')
    return legal
  }
  if ((execution.thread.diedAt ?? Infinity) <= at) legal.add('THREAD_LOST')
  const ranMs = (execution.endedAt ?? Infinity) - execution.startedAt
  // An answer that is on its way when the timer ends comes too late.
  if (ranMs + ON_ITS_WAY_MS >= options.greeterTimeoutMs) legal.add('GREETER_TIMEOUT')
  if (execution.endedAt === undefined) return legal
  if (behaviour === 'long') legal.add('GREETING_TOO_LONG')
  else if (!GREETS.has(behaviour)) legal.add('GREETER_FAILED')
  return legal
}

function judgeDetail({ sent, received }: SimulatedClient, { code, detail }: Failure) {
  if (code === 'OVERLOADED') return detail > 0 ? undefined : 'got OVERLOADED without a time to wait'
  if (code !== 'GREETING_TOO_LONG') return detail === 0 ? undefined : `got ${code} with detail ${detail}`
  const [hello] = sent
  const told = hello?.frame === 'HELLO' && received.some(({ frame }) => frame === 'WELCOME') ? hello.maxPayload : 4_096
  const limit = Math.min(told, 65_535)
  return detail === limit ? undefined : `got GREETING_TOO_LONG with detail ${detail}, the limit is ${limit}`
}

/** PONGs keep the order of PINGs, and what an earlier frame caused by itself comes before them. */
function* judgePings({ sent, received }: SimulatedClient): Generator<string> {
  const pings = sent.flatMap((each, index) => (each.frame === 'PING' ? [{ id: each.id, index }] : []))
  const answered = new Set<number>()
  let next = 0
  const atOnce = new Set<number>()
  for (const frame of received) {
    if (frame.frame === 'ERROR' && AT_ONCE.has(frame.code)) atOnce.add(frame.id)
    if (frame.frame === 'WELCOME' && answered.size > 0) yield 'WELCOME came after an answer'
    if (frame.frame === 'GREETING' || frame.frame === 'ERROR') answered.add(frame.id)
    if (frame.frame !== 'PONG') continue
    const ping = pings[next++]
    if (ping?.id !== frame.id) yield `PONG ${frame.id} came where PONG ${ping?.id} was due`
    for (const earlier of sent.slice(0, ping?.index)) {
      if (earlier.frame === 'NAME' && 'refusal' in earlier && !atOnce.has(earlier.id)) {
        // In DRAINING such a NAME is discarded, whatever it holds.
        const goodbye = received.find((each) => each.frame === 'GOODBYE')
        if (!goodbye || earlier.id <= goodbye.id) yield `PONG ${frame.id} overtook the error of request ${earlier.id}`
      }
    }
  }
  const overloaded = received.flatMap((each, index) =>
    each.frame === 'ERROR' && each.code === 'OVERLOADED' ? [{ id: each.id, index }] : [],
  )
  for (const { id, index } of overloaded) {
    const nameIndex = sent.findIndex((each) => each.frame === 'NAME' && each.id === id)
    const pongs = received.slice(0, index).filter(({ frame }) => frame === 'PONG').length
    if ((pings[pongs - 1]?.index ?? -1) > nameIndex) yield `a PONG overtook OVERLOADED for request ${id}`
  }
}

function* judgeEnd(history: History, client: SimulatedClient): Generator<string> {
  const { sent, received, wire } = client
  const { options, drainAt, drainDeadline } = history
  const goodbyes = received.filter((each) => each.frame === 'GOODBYE')
  const [goodbye] = goodbyes
  if (goodbyes.length > 1) yield 'there were two GOODBYEs'
  if (goodbye) {
    const names = sent.filter((each) => each.frame === 'NAME')
    if (goodbye.id !== 0 && !names.some(({ id }) => id === goodbye.id)) yield `GOODBYE ${goodbye.id} is of no NAME`
    if (goodbye.reason === 'SHUTTING_DOWN' && goodbye.at < drainAt) yield 'GOODBYE came before the shutdown'
    if (goodbye.reason === 'IDLE' && options.idleTimeoutMs === 0) yield 'GOODBYE(IDLE) came without an idle timer'
  }

  const fatal = received.findIndex((each) => each.frame === 'ERROR' && each.id === 0)
  const expected = expectedFatal(client)
  if (fatal >= 0) {
    const { code } = received[fatal] as Failure
    if (fatal !== received.length - 1) yield 'something came after the ERROR with id 0'
    if (!expected.includes(code)) yield `ERROR ${code} with id 0, expected ${expected.join(' or ') || 'none'}`
  } else if (client.finReceivedAt !== undefined && expected.length > 0 && !goodbye) yield 'a violation had no ERROR'

  const closedAt = wire.halfClosedAt ?? wire.closedByServerAt
  const clientEnded = wire.finArrivedAt !== undefined && closedAt !== undefined && wire.finArrivedAt <= closedAt
  if (client.finReceivedAt !== undefined && !goodbye && fatal < 0 && !clientEnded) yield 'a FIN came without a word'

  if (wire.resetByServerAt !== undefined) {
    const stalled = options.stallTimeoutMs > 0 && client.longestPauseMs >= options.stallTimeoutMs
    const drained = wire.resetByServerAt >= drainDeadline
    // Who does not read sees the GOODBYE late, or never.
    const sinceGoodbye = goodbye ? Math.max(0, wire.resetByServerAt - goodbye.at) + slowestWayMs(client) : 0
    const goneSince = sinceGoodbye + client.longestPauseMs
    const mayHoldGoodbye = !goodbye && wire.bytesCutOff > 0
    if (!stalled && !drained && !mayHoldGoodbye && goneSince < options.drainTimeoutMs)
      yield `a reset came at ${wire.resetByServerAt}`
  }
  if (wire.closedByServerAt !== undefined && wire.finArrivedAt === undefined) {
    const lingeredMs = wire.closedByServerAt - (wire.halfClosedAt ?? Infinity)
    if (!(lingeredMs >= options.lingerTimeoutMs)) yield `the socket was closed after lingering for ${lingeredMs} ms`
  }
}

function expectedFatal({ sent, finSent }: SimulatedClient): ErrorName[] {
  const violation = sent[violationIndex(sent)]
  if (violation?.frame === 'violation') return [violation.code]
  if (violation?.frame !== 'half') return []
  return finSent ? ['PROTOCOL_VIOLATION', 'TIMEOUT'] : ['TIMEOUT']
}

function violationIndex(sent: readonly Sent[]): number {
  const index = sent.findIndex(({ frame }) => frame === 'violation' || frame === 'half')
  return index < 0 ? Infinity : index
}

function describe(code: ErrorName): string {
  return `ERROR(${code})`
}

const GREETS = new Set(['ok', 'large', 'block', 'later'])
const AT_ONCE = new Set<ErrorName>(['INVALID_NAME', 'NAME_TOO_LONG'])

/** Above this much output a connection takes nothing more in; see SPEC.md. */
const OUTPUT_HIGH_WATER = 65_536 + LARGEST_GREETING + HEADER_BYTES

/** The longest way of an answer from its greeter to the engine. */
const ON_ITS_WAY_MS = 10

/** How long a frame may take to a client that reads, behind everything else: a small buffer hands over small pieces. */
function slowestWayMs({ wire }: SimulatedClient): number {
  return ON_ITS_WAY_MS + wire.readCount * LONGEST_READ_MS
}
