/** One connection of the suite: what it makes of bytes that are no frames. */
import { createServer, type AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { encodeFrame, greeting, hello, pong, welcome } from '../src/wire/frame.ts'
import { TOLD } from '../src/run/client-test.ts'
import { brokenClientRule } from '../src/wire/client-rules.ts'
import { RawPeer } from '../src/wire/raw-peer.ts'
import { brokenWireRule } from '../src/wire/wire-rules.ts'

const ends: (() => void)[] = []
afterEach(() => ends.splice(0).forEach((end) => end()))

/** A connection whose other side has sent these bytes. */
async function peerThatGets(bytes: Uint8Array, first?: Uint8Array, reactionMs = 60_000): Promise<RawPeer> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    if (first === undefined) socket.write(bytes)
    else socket.once('data', () => socket.write(bytes))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const peer = await RawPeer.connect('127.0.0.1', (server.address() as AddressInfo).port, { label: 'c', reactionMs })
  ends.push(
    () => peer.destroy(),
    () => server.close(),
  )
  if (first !== undefined) peer.send(first)
  return peer
}

const tooLong = Buffer.from('72000b0400000001', 'hex')

describe('a header that no frame has', () => {
  it('is refused at its eighth byte, with what it announces', async () => {
    const peer = await peerThatGets(tooLong)
    const wanted = 'expected GREETING id=1, got a header that announces 7,471,115 bytes of type 0x04, limit 4,096'
    await expect(peer.next('GREETING id=1')).rejects.toThrow(wanted)
    expect(brokenWireRule(peer)).toContain('announces 7,471,115 bytes')
  })

  it('is refused at its first byte', async () => {
    const peer = await peerThatGets(Buffer.from('H'))
    await expect(peer.next('PONG')).rejects.toThrow('got a header whose first byte is 0x48, which no frame has')
  })

  it('comes after the frames in front of it', async () => {
    const peer = await peerThatGets(Buffer.concat([pong(1), pong(2), tooLong, pong(3)]))
    expect((await peer.next('PONG')).id).toBe(1)
    expect((await peer.next('PONG')).id).toBe(2)
    await expect(peer.next('PONG')).rejects.toThrow('announces 7,471,115 bytes')
  })

  it.each([
    ['HELLO', hello({ maxPayload: 10_000 }), brokenWireRule],
    ['WELCOME', welcome({ maxPayload: 10_000 }), (peer: RawPeer) => brokenClientRule(peer, TOLD)],
  ])('is measured by the limit that our %s told', async (_name, told, brokenRule) => {
    const right = await peerThatGets(greeting(1, Buffer.alloc(10_000)), told)
    expect((await right.next('GREETING')).payload).toHaveLength(10_000)
    const wrong = await peerThatGets(greeting(1, Buffer.alloc(10_001)), told)
    const broken = 'announces 10,001 bytes of type 0x04, limit 10,000'
    await expect(wrong.next('GREETING')).rejects.toThrow(broken)
    expect(brokenRule(wrong)).toContain(broken)
  })

  it('is measured by the lowest limit before our HELLO, also in a frame that may be ignored', async () => {
    const peer = await peerThatGets(encodeFrame(0x8a, 0, Buffer.alloc(4_097)))
    const broken = 'announces 4,097 bytes of type 0x8a, limit 4,096'
    await expect(peer.next('PONG')).rejects.toThrow(broken)
    expect([brokenWireRule(peer), brokenClientRule(peer, TOLD)].join()).toContain(`${broken},a header that ${broken}`)
  })
})

describe('a wait that ends inside a frame', () => {
  it('says how much of the frame came', async () => {
    const peer = await peerThatGets(greeting(7, 'Hello Ada').subarray(0, 12), undefined, 1_000)
    await expect(peer.next('GREETING id=7')).rejects.toThrow(
      'expected GREETING id=7, got 12 of 17 bytes of GREETING id=7 and no more within 1000 ms',
    )
  })
})

/** The log of a connection that ends in this way. */
async function logOf(end: (peer: RawPeer) => void): Promise<string> {
  const peer = await peerThatGets(pong(1))
  await peer.next('PONG')
  end(peer)
  await peer.expectEnd('our end')
  return peer.log.lines().join('\n')
}

describe('the log of a connection', () => {
  it('tells of a reset by the peer, and blames it for none of our own', async () => {
    expect(await logOf((peer) => peer.destroy())).not.toContain('a reset')
    expect(await logOf((peer) => peer.reset())).toMatch(/> RST$/)
    expect(await logOf((peer) => peer.socket.emit('error', new Error('ECONNRESET')))).toContain('< a reset')
  })
})
