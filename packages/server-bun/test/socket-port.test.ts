import { expect, it } from 'vitest'
import { testSocketPort } from '../../server-core/test/suite/socket-port.ts'
import { BunSocketPort, type PortSocket } from '../src/socket-port.ts'
import { target } from './target.ts'

testSocketPort(target)

// Each write is a call of the kernel: this is what keeps the answers to a chunk one call.
it('hands over what a session writes in one piece', () => {
  const sizes: number[] = []
  const write = ({ length }: Uint8Array): number => {
    sizes.push(length)
    return length
  }
  const port = new BunSocketPort({ write } as unknown as PortSocket)
  for (const size of [1, 1_400, 65_536]) expect(port.write(new Uint8Array(size))).toBe(size)
  expect(sizes).toEqual([1, 1_400, 65_536])
})
