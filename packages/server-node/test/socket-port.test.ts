import { Socket } from 'node:net'
import { expect, it, vi } from 'vitest'
import { testSocketPort } from '../../server-core/test/suite/socket-port.ts'
import { NodeSocketPort } from '../src/socket-port.ts'
import { target } from './target.ts'

testSocketPort(target)

// Each write is a call of the kernel: this is what keeps the answers to a chunk one call.
it('hands over what a session writes in one piece, up to its high-water mark', () => {
  const socket = new Socket()
  const write = vi.spyOn(socket, 'write').mockReturnValue(true)
  const port = new NodeSocketPort(socket, socket)
  for (const size of [1, 1_400, 65_536]) expect(port.write(new Uint8Array(size))).toBe(size)
  expect(write.mock.calls.map(([bytes]) => bytes.length)).toEqual([1, 1_400, 65_536])
})
