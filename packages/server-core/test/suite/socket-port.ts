/** What a session relies on in a socket port, over each kind of socket. */

import { describe, expect, it, onTestFinished } from 'vitest'
import type { SocketPort } from '@greetwire/server-core'
import { EAGERLY } from './rig.ts'
import type { Target } from './target.ts'
import { addressUrl, listenAddress, reach, type Transport, TRANSPORTS } from './transports.ts'
import type { Wire } from './wire.ts'

const MIB = 1_048_576
/** Far more than the kernel holds for a client that does not read. */
const WRITE_BYTES = 20 * MIB
const READ_BYTES = 4 * MIB
/** Its length is no divisor of any buffer's, so that a byte out of order is seen. */
const PATTERN = Uint8Array.from({ length: 251 }, (_, index) => index)
/** How much the kernel may have taken without the port telling it. */
const UNTOLD_BYTES = 65_536

/** What every runtime's port does. */
export function testSocketPort(target: Target): void {
  describe.each(TRANSPORTS)('a socket port over $name', (transport) => {
    it('tells what the kernel takes of a write while the rest of it waits', async () => {
      const { port, told, wire } = await connect(target, transport)
      const bytes = Buffer.alloc(WRITE_BYTES, PATTERN)
      const received: Buffer[] = []
      let limit = READ_BYTES
      wire.socket.on('data', (chunk: Buffer) => {
        received.push(chunk)
        if (wire.bytesReceived >= limit) wire.pause()
      })
      told.written += port.write(bytes)
      await wire.received(READ_BYTES)
      await expect.poll(() => told.written, EAGERLY).toBeGreaterThanOrEqual(wire.bytesReceived - UNTOLD_BYTES)
      expect(told.written).toBeLessThan(WRITE_BYTES)
      limit = Infinity
      await wire.resume().received(WRITE_BYTES)
      await expect.poll(() => told.written, EAGERLY).toBe(WRITE_BYTES)
      expect(Buffer.concat(received).equals(bytes)).toBe(true)
    })

    it('lets go of a socket that it resets while a write waits', async () => {
      const { port, told, wire } = await connect(target, transport)
      wire.pause()
      expect(port.write(new Uint8Array(WRITE_BYTES))).toBeLessThan(WRITE_BYTES)
      port.reset()
      await expect.poll(() => told.closed, EAGERLY).toBe(true)
      expect(transport.resets).toContain(await wire.resume().ended())
    })
  })
}

/** A port and the client at its other end. */
async function connect(
  target: Target,
  transport: Transport,
): Promise<{ port: SocketPort; told: { written: number; closed: boolean }; wire: Wire }> {
  const told = { written: 0, closed: false }
  const accepted = Promise.withResolvers<SocketPort>()
  const listener = await target.listen({
    address: listenAddress(transport),
    reusePort: false,
    tls: transport.tls && { certificates: transport.tls, handshakeTimeoutMs: 10_000, maxHandshakes: 1 },
    log: () => {},
    accept(port) {
      accepted.resolve(port)
      return {
        data() {},
        end() {},
        written: (count) => (told.written += count),
        closed: () => (told.closed = true),
      }
    },
  })
  onTestFinished(() => listener.stop())
  const wire = await reach(transport, addressUrl(listener.address))
  return { port: await accepted.promise, told, wire }
}
