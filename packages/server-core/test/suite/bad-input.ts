/**
 * Every test vector from client to server, sent to running servers: whole with garbage behind what is rejected, and byte by byte.
 *
 * All connections of a run are to one server, and one more connection is greeted between them, so that harm to others shows.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { error, greeting, hello, hex, join, name, pong, type ReceivedFrame } from './frames.ts'
import { PUPPET, Puppet } from './puppet.ts'
import { open, start } from './rig.ts'
import { MODELS, type Target } from './target.ts'
import { Wire } from './wire.ts'

const FOLDER = new URL('../../../protocol/vectors/', import.meta.url)
const DEFAULT_LIMITS: Limits = { maxPayload: 4_096, maxName: 1_024 }
/** Of a long vector only so many bytes at each end are sent one by one. */
const BYTEWISE_BYTES = 64
const AT_ONCE = 24
const GARBAGE = new Uint8Array(512).fill(0xff)

/** What every server does with what it may be sent. */
export function testBadInput(target: Target): void {
  const vectors = clientVectors()
  const groups = Map.groupBy(vectors, ({ state }) => JSON.stringify(state.limits ?? DEFAULT_LIMITS))

  it('the vectors are there', () => {
    expect(vectors.length).toBeGreaterThan(300)
  })

  describe.each(MODELS)('in %s', (threading) => {
    it.each([...groups])(
      'each vector for the limits %s has its outcome, whole and bytewise',
      async (_limits, group) => {
        using puppet = new Puppet()
        const limits = group[0]?.state.limits ?? DEFAULT_LIMITS
        const server = await start(target, {
          ...limits,
          threading,
          greeter: PUPPET,
          frameTimeoutMs: 0,
          idleTimeoutMs: 0,
        })
        const healthy = await open(server.address)
        const runs = group.flatMap((vector) => SENDERS.map((sender) => ({ vector, sender })))
        const wrong: unknown[] = []
        for (let at = 0; at < runs.length; at += AT_ONCE) {
          const outcomes = runs.slice(at, at + AT_ONCE).map(async ({ vector, sender }) => {
            const outcome = await run(server.address, vector, sender, puppet)
            const expected = expectedFrames(vector)
            if (JSON.stringify(outcome) !== JSON.stringify(expected))
              wrong.push({ id: vector.id, sender: sender.name, outcome, expected })
          })
          await Promise.all(outcomes)
          expect(await healthy.send(name(at + 1, 'A')).frame()).toEqual(greeting(at + 1, 'Hello A'))
        }
        expect(wrong).toEqual([])
      },
    )
  })
}

interface Limits {
  readonly maxPayload: number
  readonly maxName: number
}

interface Vector {
  readonly id: string
  readonly direction: string
  readonly state: {
    readonly name: string
    readonly last?: number
    readonly inFlight?: number[]
    readonly limits?: Limits
  }
  readonly bytes: string
  readonly frames: readonly VectorFrame[]
  readonly error?: { readonly code: string; readonly detail: number }
}

interface VectorFrame {
  readonly type: string
  readonly id: number
  readonly name?: string
  readonly maxPayload?: number
  readonly error?: { readonly code: string; readonly detail: number }
}

type Sender = (wire: Wire, bytes: Uint8Array, rejected: boolean) => void | Promise<void>

const SENDERS: readonly Sender[] = [
  function whole(wire, bytes, rejected) {
    wire.send(rejected ? join(bytes, GARBAGE) : bytes)
  },
  async function bytewise(wire, bytes) {
    const middle = Math.max(BYTEWISE_BYTES, bytes.length - BYTEWISE_BYTES)
    await wire.sendBytewise(bytes.subarray(0, BYTEWISE_BYTES))
    wire.send(bytes.subarray(BYTEWISE_BYTES, middle))
    await wire.sendBytewise(bytes.subarray(middle))
  },
]

function clientVectors(): Vector[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json') && !file.includes('schema'))
    .flatMap((file) => (JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as { vectors: Vector[] }).vectors)
    .filter(({ direction }) => direction === 'client-to-server')
}

/** Brings a connection into the vector's state, sends its bytes and a FIN, and returns what was answered, in comparable order. */
async function run(address: string, vector: Vector, send: Sender, puppet: Puppet): Promise<unknown[]> {
  const wire = await Wire.connect(address)
  const { state } = vector
  const { last = 0, inFlight = [] } = state
  const keys = new Map(inFlight.map((id) => [id, puppet.key()]))
  if (state.name === 'OPEN' && last === 0) await wire.send(hello()).frame()
  for (const id of new Set([...inFlight, last].toSorted((a, b) => a - b))) {
    const key = keys.get(id)
    if (key !== undefined) {
      wire.send(name(id, `hold ${key}`))
      await puppet.started(key)
    } else if (id > 0) await wire.send(name(id, 'Ada')).frame()
  }
  await send(wire, hex(vector.bytes), vector.error !== undefined)
  for (const key of keys.values()) puppet.release(key)
  const frames = await wire.fin().framesToFin()
  wire.close()
  return comparable(frames, vector)
}

/** What the server answers to a vector. */
function expectedFrames(vector: Vector): unknown[] {
  const { frames, error: fatal, state } = vector
  const welcome = frames.find(({ type }) => type === 'HELLO')
  const maxGreeting = Math.min(welcome?.maxPayload ?? 4_096, 65_535)
  const held = (state.inFlight ?? []).map((id) => greeting(id, 'held'))
  const expected = frames.flatMap(({ type, id, name: asked, error: failed }): ReceivedFrame[] => {
    if (type === 'HELLO') return [{ frame: 'WELCOME', id: 0 }]
    if (type === 'PING') return [pong(id)]
    if (type !== 'NAME') return []
    if (failed) return [error(id, failed.code, failed.detail)]
    const text = `Hello ${asked}`
    return [Buffer.byteLength(text) > maxGreeting ? error(id, 'GREETING_TOO_LONG', maxGreeting) : greeting(id, text)]
  })
  if (fatal) expected.push(error(0, fatal.code, fatal.detail))
  return comparable([...held, ...expected], vector)
}

/** Greeters end in any order, and what was held or cancelled ends in one of two ways; the fatal ERROR is the last frame. */
function comparable(answers: readonly ReceivedFrame[], { state, frames }: Vector): unknown[] {
  const cancelled = frames.filter(({ type }) => type === 'CANCEL').map(({ id }) => id)
  const undecided = new Set([...(state.inFlight ?? []), ...cancelled])
  const texts = answers.map((answer) => {
    const { frame, id } = answer
    if (frame === 'WELCOME') return frame
    if ((frame === 'GREETING' || frame === 'ERROR') && undecided.has(id)) return `the end of request ${id}`
    return JSON.stringify(Object.entries(answer).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
  const last = answers.at(-1)
  const end = last?.frame === 'ERROR' && last.id === 0 ? texts.pop() : 'FIN'
  return [...texts.toSorted(), end]
}
