import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { openIdle } from '../src/idle-connections.ts'

const OWN = 7
const sockets = new Set<Socket>()
const listening = createServer((socket) => {
  sockets.add(socket)
  socket.on('error', () => {}).on('close', () => sockets.delete(socket))
})

async function server() {
  listening.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  return { port: (listening.address() as AddressInfo).port, descriptors: () => OWN + sockets.size }
}

/** Whether a promise is settled within a turn of the event loop. */
function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const later = new Promise<false>((resolve) => setImmediate(resolve, false))
  return Promise.race([promise.then(() => true), later])
}

afterEach(() => {
  for (const socket of sockets) socket.destroy()
  listening.close()
})

describe('idle connections', () => {
  it('are held by the server when they are open, and by nobody when they are closed', async () => {
    const close = await openIdle(await server(), 250, OWN)
    expect(sockets.size).toBe(250)
    await close()
    expect(sockets.size).toBe(0)
  })

  it('are taken for open and for closed only when the server has done so too', async () => {
    const { port } = await server()
    let held = 2
    const opening = openIdle({ port, descriptors: () => OWN + held }, 3, OWN)
    await expect.poll(() => sockets.size).toBe(3)
    expect(await isSettled(opening)).toBe(false)
    held = 3
    const closing = (await opening)()
    await expect.poll(() => sockets.size).toBe(0)
    expect(await isSettled(closing)).toBe(false)
    held = 0
    await closing
  })

  it('are missed when the server let go of one', async () => {
    const close = await openIdle(await server(), 3, OWN)
    const [first] = sockets
    first?.destroy()
    await expect.poll(() => sockets.size).toBe(2)
    await expect(close()).rejects.toThrow('it holds 2 of 3')
  })
})
