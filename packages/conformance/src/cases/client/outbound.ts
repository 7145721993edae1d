/** What a client sends: names, ids, limits, and giving up. */
import { check } from '../../wire/failure.ts'
import { FrameType, greeting } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import type { ClientCase } from '../../run/client-bench.ts'
import type { ClientTest } from '../../run/client-test.ts'
import { must, should } from './define.ts'

const names: Record<string, string> = {
  space: ' Ada ',
  nfc: 'Zo\u00eb',
  nfd: 'Zoe\u0308',
  bom: '\ufeffAda',
  emoji: '\u{1f469}\u200d\u{1f4bb}',
  bidi: '\u202eadA',
  noncharacter: '\uffff',
  replacement: '\ufffd',
  proto: '__proto__',
  dollar: '$&${x}%s',
  slash: '\\"/',
  long: 'n'.repeat(1_024),
  bytes: 'é'.repeat(512),
}

export const clientOutboundCases: ClientCase[] = [
  must(
    'c.utf.verbatim',
    'a name is sent unchanged',
    'R-11-3 R-11-1 R-6.3-2',
    async (t, key) => {
      const peer = await t.open()
      const pending = t.greet(names[key]!)
      const frame = await t.nextName(peer)
      check(
        frame.payload.equals(Buffer.from(names[key]!)),
        () => `expected the name ${JSON.stringify(names[key])}, got ${describeFrame(frame)}`,
      )
      peer.send(greeting(frame.id, `Hello ${names[key]}`))
      await t.expectGreeting(pending, `Hello ${names[key]}`)
    },
    { variants: Object.keys(names) },
  ),
  must(
    'c.utf.lone-surrogate',
    'a lone surrogate is refused locally, not sent as U+FFFD',
    'R-11-5 R-11-1',
    (t, key) => refusesLocally(t, { high: 'a\ud800', low: '\udc00b', swapped: '\udc00\ud800' }[key]!),
    { variants: ['high', 'low', 'swapped'] },
  ),
  must(
    'c.utf.control',
    'a control character in a name is refused locally',
    'R-11-2 R-6.3-2',
    (t, code) => refusesLocally(t, `a${String.fromCharCode(Number(code))}b`),
    { variants: ['0x00', '0x07', '0x0a', '0x0d', '0x1b', '0x1f', '0x7f', '0x80', '0x9f'] },
  ),
  must('c.utf.empty', 'the empty name is refused locally', 'R-6.3-2', (t) => refusesLocally(t, '')),
  must(
    'c.lim.name',
    'a name above maxName is refused locally',
    'R-6.3-2 R-10-7',
    (t, size) => refusesLocally(t, 'n'.repeat(Number(size))),
    { variants: ['1025', '2000'] },
  ),
  must('c.lim.name-bytes', 'maxName is counted in bytes', 'R-6.3-2', (t) => refusesLocally(t, 'é'.repeat(513))),
  must(
    'c.lim.frame',
    'no payload above 4,096 bytes before a WELCOME that allows it, none above the server’s limit',
    'R-10-6 R-10-7',
    (t, size) => refusesLocally(t, 'n'.repeat(Number(size))),
    { variants: ['4097', '70000'] },
  ),
  must(
    'c.lim.told',
    'the limits that WELCOME tells are obeyed',
    'R-10-7 R-6.3-2',
    async (t) => {
      const peer = await t.open({}, { maxName: 10 })
      await t.expectError(t.greet('12345678901'), ['usage'], 'never')
      const pending = t.greet('1234567890')
      const frame = await t.nextName(peer)
      check(
        frame.payload.toString() === '1234567890',
        () => `expected the name of 10 bytes, got ${describeFrame(frame)}`,
      )
      peer.send(greeting(frame.id, 'x'))
      await t.expectGreeting(pending, 'x')
    },
    { needs: ['hello'] },
  ),
  should(
    'c.lim.inflight',
    'no more than maxInFlight requests are outstanding, and all get their turn',
    'R-7.3-8',
    async (t) => {
      const peer = await t.open({}, { maxInFlight: 3 })
      const pending = Array.from({ length: 12 }, (_, index) => t.greet(`n${index}`))
      const open: { id: number; name: string }[] = []
      for (let answered = 0; answered < 12; answered += 1) {
        while (open.length < Math.min(3, 12 - answered)) {
          const frame = await t.nextName(peer)
          open.push({ id: frame.id, name: frame.payload.toString() })
        }
        const sent = peer.received.filter(({ frame }) => frame.type === FrameType.NAME).length
        check(sent <= answered + 3, `expected at most 3 requests in flight, got ${sent - answered}`)
        const one = open.splice(t.random.between(0, open.length - 1), 1)[0]!
        peer.send(greeting(one.id, `Hello ${one.name}`))
      }
      for (const [index, one] of pending.entries()) await t.expectGreeting(one, `Hello n${index}`)
    },
    { needs: ['hello'] },
  ),
  must('c.id.sequence', 'ids rise strictly over 300 requests', 'R-6.3-1', async (t) => {
    const peer = await t.open()
    let last = 0
    for (let round = 0; round < 3; round += 1) {
      const pending = Array.from({ length: 100 }, (_, index) => t.greet(`n${index}`))
      for (let left = 100; left > 0; left -= 1) {
        const frame = await t.nextName(peer)
        check(frame.id > last, `expected an id above ${last}, got ${frame.id}`)
        last = frame.id
        peer.send(greeting(frame.id, 'x'))
      }
      for (const one of pending) await t.expectGreeting(one, 'x')
    }
  }),
  must(
    'c.id.exhaust',
    'after the last id a request goes to a new connection or fails, unsent',
    'R-7.1-2',
    async (t) => {
      const peer = await t.open({ firstId: 0xffff_ffff })
      const first = t.greet('last')
      const frame = await t.nextName(peer)
      check(frame.id === 0xffff_ffff, `expected id 4294967295, got ${frame.id}`)
      peer.send(greeting(frame.id, 'x'))
      await t.expectGreeting(first, 'x')
      const next = t.greet('next')
      const outcome = await Promise.race([t.settled(next, 'greet'), t.accept()])
      if ('outcome' in outcome)
        check(
          outcome.error?.executed === 'never',
          () => `expected an error that says never executed, got ${JSON.stringify(outcome)}`,
        )
      const sent = peer.received.filter((one) => one.frame.type === FrameType.NAME)
      check(sent.length === 1, 'expected no second NAME on the connection')
    },
    { needs: ['first-id'] },
  ),
]

/** A name that must not be sent: the greet fails as usage, and nothing of it reaches the server. */
async function refusesLocally(t: ClientTest, name: string): Promise<void> {
  const peer = await t.open()
  await t.expectError(t.greet(name), ['usage'], 'never')
  await t.expectWorks(peer)
  const sent = peer.received.filter(({ frame }) => frame.type === FrameType.NAME).length
  check(sent === 1, `expected only the NAME of the probe, got ${sent} NAMEs`)
}
