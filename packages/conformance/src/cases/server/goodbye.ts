/** GOODBYE and draining: what a stopping server still owes, and what it must not begin. */
import { check } from '../../wire/failure.ts'
import {
  cancel,
  DEFAULT_MAX_PAYLOAD,
  encodeFrame,
  FrameType,
  hello,
  isTerminal,
  name,
  ping,
  Reason,
  type Frame,
} from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import { turn, type RawPeer } from '../../wire/raw-peer.ts'
import { numbered } from '../../run/case.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import { checkGreeting, collectTerminals, expectBarrier, expectFatal, expectGreeting, expectPong } from '../expect.ts'
import { must, nameFor } from './define.ts'
import { draining, exitsWith, expectGoodbye, logged, own, plainly, stop } from './stopping.ts'

export const goodbyeCases: ServerCase[] = [
  must(
    'gb.drain',
    'every connection gets GOODBYE with the id of its last NAME, then FIN',
    'R-6.9-1 R-6.9-2 R-14-1 R-14-8 R-6.9-3',
    async (t) => {
      const peers = await t.connectMany(10)
      for (const [index, peer] of peers.entries()) {
        if (index > 0) peer.send(name(index * 3, nameFor(t, index)))
        if (index > 0) await expectGreeting(peer, index * 3, nameFor(t, index))
        else await expectBarrier(peer)
      }
      stop(t)
      for (const [index, peer] of peers.entries()) {
        await expectGoodbye(peer, index * 3, Reason.SHUTTING_DOWN)
        await peer.expectFin('GOODBYE')
        peer.fin()
      }
      await exitsWith(t, 0)
    },
    plainly,
  ),
  must(
    'gb.inflight',
    'requests in flight are answered before the FIN',
    'R-14-7 R-14-8',
    async (t) => {
      const peer = await t.connect()
      peer.send(name(1, '~400~a'), name(2, '~200~b'), ping(1))
      await expectPong(peer, 1)
      stop(t)
      const answers = await collectTerminals(
        peer,
        [1, 2],
        (frame) => frame.type === FrameType.GOODBYE && frame.id === 2,
      )
      checkGreeting(answers.get(1)!, '~400~a')
      checkGreeting(answers.get(2)!, '~200~b')
      const said = peer.received.filter(({ frame }) => frame.type === FrameType.GOODBYE).length
      if (said === 0) await expectGoodbye(peer, 2, Reason.SHUTTING_DOWN)
      await peer.expectFin('the last answer')
      peer.fin()
      await exitsWith(t, 0)
    },
    own,
  ),
  must(
    'gb.judges-on',
    'after GOODBYE a PING is answered, CANCEL acts, HELLO and new NAMEs are discarded',
    'R-14-3 R-14-4 R-14-5 R-14-6 R-8.2-1',
    async (t) => {
      const peer = await draining(t)
      peer.send(
        ping(5),
        encodeFrame(0xca, 1),
        hello(),
        hello({ minVersion: 0, maxPayload: 1 }),
        encodeFrame(FrameType.HELLO, 3),
        name(2, 'late'),
        cancel(2),
        ping(6),
        cancel(1),
      )
      await expectPong(peer, 5)
      await expectPong(peer, 6)
      const frame = (await collectTerminals(peer, [1])).get(1)!
      check(frame.id === 1, () => `expected the answer to request 1, got ${describeFrame(frame)}`)
      await peer.expectFin('the last answer')
      check(!t.executedNames().includes('late'), 'expected the NAME behind GOODBYE not to be executed')
    },
    logged,
  ),
  must(
    'gb.violation',
    'after GOODBYE a violation is fatal as ever',
    'R-14-3 R-6.3-3 R-13.1-3 R-14-5',
    async (t, kind) => {
      const peer = await draining(t)
      const bytes: Record<string, Buffer> = {
        'id-repeat': name(1, 'x'),
        'id-used-by-discarded': Buffer.concat([name(9, 'x'), name(9, 'y')]),
        'unknown-type': encodeFrame(0x0a, 0),
        'cancel-future': cancel(8),
        'ping-payload': encodeFrame(FrameType.PING, 0, Buffer.from('x')),
        'too-large': Buffer.from('GET'),
        'fin-inside-frame': name(2, 'x').subarray(0, 8),
      }
      peer.send(bytes[kind]!)
      if (kind === 'fin-inside-frame') peer.fin()
      const { before } = await expectFatal(
        peer,
        kind === 'unknown-type' ? 'UNKNOWN_TYPE' : kind === 'too-large' ? 'PAYLOAD_TOO_LARGE' : 'PROTOCOL_VIOLATION',
        kind === 'too-large' ? DEFAULT_MAX_PAYLOAD : 0,
      )
      check(
        before.some((frame) => isTerminal(frame) && frame.id === 1),
        'expected the answer to request 1 before the ERROR',
      )
    },
    {
      ...own,
      variants: [
        'id-repeat',
        'id-used-by-discarded',
        'unknown-type',
        'cancel-future',
        'ping-payload',
        'too-large',
        'fin-inside-frame',
      ],
    },
  ),
  must(
    'gb.race',
    'under a firehose no id above the GOODBYE’s is executed, and all below are answered',
    'R-14-6 R-14-7 R-6.9-1',
    async (t) => {
      const peers = await t.connectMany(RACING_CONNECTIONS)
      for (const peer of peers) await expectBarrier(peer)
      const races = peers.map((peer, index) => race(peer, index, (sent) => sent === 200 && index === 0 && stop(t)))
      const lasts = await Promise.all(races)
      for (const text of t.executedNames()) {
        const [index, id] = text.split(' ').map(Number) as [number, number]
        check(id <= lasts[index]!, `expected no name above GOODBYE id=${lasts[index]} to be executed, got ${id}`)
      }
    },
    { ...logged, variants: numbered(5) },
  ),
]

/** Sends names without a pause until GOODBYE comes; returns its id when every name up to it was answered, and none above. */
async function race(peer: RawPeer, index: number, onSent: (count: number) => void): Promise<number> {
  let sent = 0
  const came: { goodbye?: Frame } = {}
  const seen = new Set<number>()
  const firehose = async (): Promise<void> => {
    while (came.goodbye === undefined && peer.ended === undefined) {
      if (sent - seen.size < LEAD) peer.send(...Array.from({ length: 20 }, () => name((sent += 1), `${index} ${sent}`)))
      await turn()
      onSent(sent)
    }
    peer.fin()
  }
  const sending = firehose()
  for (;;) {
    const frame = await peer.nextOrEnd('answers, GOODBYE, FIN')
    if (typeof frame === 'string') {
      check(frame === 'fin', 'expected FIN, got a reset')
      break
    }
    if (frame.type === FrameType.GOODBYE) came.goodbye = frame
    else seen.add(frame.id)
  }
  await sending
  const { goodbye } = came
  check(goodbye !== undefined, 'expected GOODBYE')
  for (let id = 1; id <= goodbye.id; id += 1)
    check(seen.has(id), `expected an answer to ${id}, which GOODBYE id=${goodbye.id} covers`)
  for (const id of seen) check(id <= goodbye.id, `got an answer to ${id}, above GOODBYE id=${goodbye.id}`)
  return goodbye.id
}

/** How many names a race is ahead of its answers: more than a server takes at once, few enough that it keeps up. */
const LEAD = 1_000

/** Races of one drain: five drains make fifty. */
const RACING_CONNECTIONS = 10
