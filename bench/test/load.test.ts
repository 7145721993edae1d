import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type LoadOptions, type LoadResult, runLoad } from '../src/load.ts'
import { missingRequirement } from '../src/requirements.ts'
import { fakeServer, greeting, onNames } from './fake-server.ts'

/** One connection, one request at a time, and nothing before what is measured. */
const SINGLE = { connections: 1, depth: 1, seconds: 0.5, warmup: 0 }

/** Loads a fake server. */
async function load(serve: (socket: Socket) => void, options: LoadOptions = SINGLE): Promise<LoadResult> {
  return runLoad(await fakeServer(serve), options, '0')
}

/** Serves the first names and then goes silent. */
function answersFirst(count: number): (socket: Socket) => void {
  let left = count
  return (socket) => onNames(socket, (frame) => (left-- > 0 ? greeting(frame) : undefined))
}

function wrongGreeting(frame: Buffer): Buffer {
  const reply = greeting(frame)
  reply[reply.length - 1] = 0x21
  return reply
}

function farGreeting(frame: Buffer): Buffer {
  const reply = greeting(frame)
  reply.writeUInt32BE(reply.readUInt32BE(4) + 65_536, 4)
  return reply
}

function twoGreetings(frame: Buffer): Buffer {
  return Buffer.concat([greeting(frame), greeting(frame)])
}

describe.skipIf(missingRequirement() !== undefined)('the load generator', () => {
  it('counts what was answered', async () => {
    let answered = 0
    const serve = (socket: Socket): void =>
      onNames(socket, (frame) => {
        answered++
        return greeting(frame)
      })
    const { requests, unanswered, errors } = await load(serve)
    expect(requests).toBeGreaterThan(0)
    // The last reply may still be under way.
    expect(answered - requests).toBeLessThanOrEqual(1)
    expect({ unanswered, errors }).toEqual({ unanswered: 1, errors: 0 })
  })

  it('ends with 3 when a reply is wrong', async () => {
    await expect(load((socket) => onNames(socket, wrongGreeting))).rejects.toMatchObject({ code: 3 })
  })

  it('ends with 3 when a reply answers no request', async () => {
    await expect(load((socket) => onNames(socket, twoGreetings))).rejects.toMatchObject({ code: 3 })
  })

  it('ends with 3 when a reply has the id of another one', async () => {
    await expect(load((socket) => onNames(socket, farGreeting))).rejects.toMatchObject({ code: 3 })
  })

  it('ends with 1 when the server dies', async () => {
    let left = 10
    const dying = (socket: Socket): void =>
      onNames(socket, (frame) => {
        if (left-- > 0) return greeting(frame)
        socket.resetAndDestroy()
        return undefined
      })
    await expect(load(dying)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the server closed a connection'),
    })
  })

  it('ends with 1 when nothing is answered', async () => {
    await expect(load(answersFirst(0))).rejects.toMatchObject({
      code: 1,
      stderr: 'load: no request was answered\n',
    })
  })

  it('charges a server that stops for what is out', async () => {
    const { requests, unanswered } = await load(answersFirst(20), { ...SINGLE, depth: 4 })
    expect(requests).toBeLessThanOrEqual(20)
    expect(unanswered).toBe(4)
  })

  it('charges a server that stops for what fell due since', async () => {
    const { requests, unanswered, latencyUs } = await load(answersFirst(100), { ...SINGLE, rate: 1_000 })
    expect(requests).toBeLessThanOrEqual(100)
    expect(requests + (unanswered ?? 0)).toBeGreaterThanOrEqual(500)
    // The first of them fell due after a tenth of a second.
    expect(latencyUs?.p99).toBeGreaterThan(390_000)
  })

  it('charges it too for what no connection had room for', async () => {
    // Two thousand requests may be overdue on a connection at this rate: two seconds.
    const { requests, unanswered } = await load(answersFirst(10), { ...SINGLE, seconds: 3, rate: 1_000 })
    expect(requests + (unanswered ?? 0)).toBeGreaterThanOrEqual(3_000)
  })

  it('takes the value that at least the share asked for does not exceed', async () => {
    // Two are answered, the third is not: three quarters of three are three.
    const { latencyUs } = await load(answersFirst(2))
    expect(latencyUs?.p75).toBe(latencyUs?.max)
    expect(latencyUs?.p50).toBeLessThan(latencyUs?.max as number)
  })

  it('tells the CPU time that the server used', async () => {
    const options = { ...SINGLE, serverPids: String(process.pid) }
    expect((await load((socket) => onNames(socket, greeting), options)).serverCpu).toBeGreaterThan(0)
  })

  it('answers a call of a nats server between two requests, also while it cannot send', async () => {
    const { serve, came } = slowNats()
    await expect(
      load(serve, { ...SINGLE, protocol: 'nats', nameBytes: 1_024, depth: 50_000, seconds: 1 }),
    ).resolves.toMatchObject({ errors: 0 })
    expect(came()).toMatch(/^P[PO]*O[PO]*$/)
  })
})

/**
 * A nats server that answers one request of each chunk it reads, and calls, so that the requests pile up at the load. `came` is
 * what came, a letter for each message: P for a PUB, O for a PONG, and ? for what is neither.
 */
function slowNats(): { readonly serve: (socket: Socket) => void; readonly came: () => string } {
  let opening = ''
  let text = ''
  const serve = (socket: Socket): void => {
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      if (opening.endsWith('PING\r\n')) {
        text += chunk
        socket.write(`MSG ${/_INBOX\.\d+/.exec(opening)?.[0]} 1 1030\r\nHello ${NAME}\r\nPING\r\n`)
      } else {
        opening += chunk
        if (opening.endsWith('PING\r\n')) socket.write('PONG\r\n')
      }
    })
  }
  const came = (): string => {
    const message = /(PUB) greet _INBOX\.\d{10} 1024\r\n[A-Za-z ]{1024}\r\n|PONG\r\n/y
    let letters = ''
    // The load ends in the middle of a request.
    while (text.length - message.lastIndex > 1_100) {
      const found = message.exec(text)
      if (!found) return `${letters}?`
      letters += found[1] ? 'P' : 'O'
    }
    return letters
  }
  return { serve, came }
}

const NAME = 'Ada Lovelace '.repeat(79).slice(0, 1_024)
