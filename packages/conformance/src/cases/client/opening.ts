/** How a client begins, and what it makes of a server that does not. */
import { createServer, type AddressInfo } from 'node:net'
import { check } from '../../wire/failure.ts'
import { Code, encodeFrame, error, FrameType, greeting, pong, welcome } from '../../wire/frame.ts'
import { describeFrame } from '../../wire/frame-text.ts'
import type { ClientCase } from '../../run/client-bench.ts'
import type { ClientTest } from '../../run/client-test.ts'
import type { Pending } from '../../target/client-adapter.ts'
import type { RawPeer } from '../../wire/raw-peer.ts'
import { expectClosed, must, waiting } from './define.ts'

export const hello = { needs: ['hello'] } as const

export const told: Buffer = welcome({ agent: 'suite' })

export const clientOpeningCases: ClientCase[] = [
  must(
    'c.open.bytes',
    'the first bytes are a HELLO, a NAME or a PING in their one form',
    'R-5.1-1 R-5.1-2 R-5.1-3 R-5.1-6 R-5.2-4 R-6.1-1 R-6.1-4 R-6.1-5 R-6.1-6 R-15.3-1 R-5.2-5',
    async (t) => {
      const connecting = await t.beginConnect()
      const peer = await t.accept()
      const pending = t.greet('Ada')
      const frame = await peer.next('HELLO, NAME or PING')
      check(
        frame.type === FrameType.HELLO || frame.type === FrameType.NAME || frame.type === FrameType.PING,
        () => `expected HELLO, NAME or PING, got ${describeFrame(frame)}`,
      )
      if (frame.type === FrameType.HELLO) peer.send(told)
      if (frame.type === FrameType.PING) peer.send(pong(frame.id))
      const asked = frame.type === FrameType.NAME ? frame : await t.nextName(peer)
      peer.send(greeting(asked.id, 'Hello Ada'))
      await t.settled(connecting, 'connect')
      await t.expectGreeting(pending, 'Hello Ada')
    },
  ),
  must('c.open.hello-once', 'one HELLO at most, before every NAME', 'R-6.1-2 R-6.1-3', async (t) => {
    const peer = await t.open()
    for (let round = 0; round < 3; round += 1) await t.expectWorks(peer)
    const hellos = peer.received.filter(({ frame }) => frame.type === FrameType.HELLO).length
    check(hellos <= 1, `expected one HELLO at most, got ${hellos}`)
  }),
  must('c.open.name', 'a greet sends one NAME and settles with its greeting', 'R-4.4-1 R-6.3-1 R-6.3-2', async (t) => {
    const { peer, pending, id } = await waiting(t)
    check(id > 0, 'expected an id above 0')
    peer.send(greeting(id, 'Hello Ada'))
    await t.expectGreeting(pending, 'Hello Ada')
  }),
  must(
    'c.welcome.split-every',
    'a WELCOME is understood wherever it is cut',
    'R-5.3-6 R-5.1-5',
    async (t, cut) => {
      const { peer, connecting } = await begun(t)
      await peer.sendCut(told, [Number(cut)])
      await expectConnected(t, connecting)
      await t.expectWorks(peer)
    },
    { ...hello, variants: Array.from({ length: told.length - 1 }, (_, index) => String(index + 1)) },
  ),
  must(
    'c.welcome.with-more',
    'a WELCOME may come in one segment with other frames',
    'R-5.1-5',
    async (t) => {
      const { peer, connecting } = await begun(t)
      peer.send(told, encodeFrame(0x8a, 1, Buffer.from('x')), encodeFrame(0xff, 0))
      await expectConnected(t, connecting)
      await t.expectWorks(peer)
    },
    hello,
  ),
  ...Object.entries({
    garbage: Buffer.from([0xff, 0x00, 0x80, 0x41, 0x00, 0x00, 0x00, 0x01, 0x02]),
    http: Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'),
    ssh: Buffer.from('SSH-2.0-OpenSSH_9.9\r\n'),
    tls: Buffer.from('15030100020250', 'hex'),
  }).map(([kind, bytes]) =>
    must(
      `c.open.${kind}`,
      'a server that speaks another protocol is a typed error at once, never a hang',
      'R-9.6-1 R-9.6-3 R-9.6-5 R-4.4-1',
      async (t) => {
        const { peer, connecting } = await begunAny(t)
        const pending = t.greet('Ada')
        // A client without HELLO sends its NAME at once.
        if (!t.adapter.features.has('hello')) await t.nextName(peer)
        peer.send(bytes)
        await t.expectError(pending, ['violation', 'connection', 'connect'])
        await t.settled(connecting, 'connect')
        await expectClosed(peer, 'another protocol')
      },
    ),
  ),
  must('c.open.fin', 'a server that closes at once is a typed error', 'R-9.6-5', async (t) => {
    const { peer, connecting } = await begunAny(t)
    const pending = t.greet('Ada')
    peer.fin()
    await t.expectError(pending, ['connection', 'connect'])
    await t.settled(connecting, 'connect')
  }),
  must('c.open.rst', 'a server that resets at once is a typed error', 'R-9.6-5', async (t) => {
    const { peer, connecting } = await begunAny(t)
    const pending = t.greet('Ada')
    peer.reset()
    await t.expectError(pending, ['connection', 'connect'])
    await t.settled(connecting, 'connect')
  }),
  must(
    'c.open.silence',
    'a server that never answers is a timeout',
    'R-9.6-5',
    async (t) => {
      await t.beginConnect({ timeoutMs: 300 })
      await t.accept()
      await t.expectError(t.greet('Ada', { timeoutMs: 300 }), ['timeout', 'connection', 'connect'])
    },
    { needs: ['timeout'] },
  ),
  must(
    'c.open.refused',
    'an address where nobody listens is a typed error, and its requests were never executed',
    'R-9.6-5',
    async (t, when) => {
      const connecting = await t.beginConnect({}, await unusedPort())
      const early = when === 'at-once' ? t.greet('Ada') : undefined
      await t.expectError(connecting, ['connection', 'connect'])
      await t.expectError(early ?? t.greet('Ada'), ['connection', 'connect', 'usage'], 'never')
    },
    { variants: ['at-once', 'afterwards'] },
  ),
  must(
    'c.open.server-full',
    'SERVER_FULL before anything is said is a typed error with its code',
    'R-4.4-1 R-9.6-5',
    async (t) => {
      const { peer, connecting } = await begunAny(t)
      peer.send(error(0, Code.SERVER_FULL, 'full', 50))
      peer.fin()
      const pending = t.greet('Ada')
      const { kind } = await t.expectError(pending, ['connection', 'connect'])
      t.note(`kind ${kind}`)
      await t.settled(connecting, 'connect')
    },
  ),
]

export async function begun(t: ClientTest): Promise<{ peer: RawPeer; connecting: Pending }> {
  const { peer, connecting } = await begunAny(t)
  const frame = await peer.next('HELLO')
  check(frame.type === FrameType.HELLO, () => `expected HELLO, got ${describeFrame(frame)}`)
  return { peer, connecting }
}

export async function begunAny(t: ClientTest): Promise<{ peer: RawPeer; connecting: Pending }> {
  const connecting = await t.beginConnect()
  return { connecting, peer: await t.accept() }
}

export async function expectConnected(t: ClientTest, connecting: Pending): Promise<void> {
  const outcome = await t.settled(connecting, 'connect')
  check(outcome.outcome === 'connected', () => `expected the client to connect, got ${JSON.stringify(outcome)}`)
}

/** A port at which nobody listens any more. */
async function unusedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
