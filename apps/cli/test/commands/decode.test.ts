import { describe, expect, it } from 'vitest'
import { run } from '../../src/run.ts'
import { MemoryIo } from '../memory-io.ts'

async function decode(stdin: string | Uint8Array, ...args: string[]): Promise<{ exit: number; io: MemoryIo }> {
  const io = new MemoryIo({ stdin: [stdin] })
  return { exit: await run(['decode', ...args], io), io }
}

describe('greet decode', () => {
  it('shows frames and counts them on stderr', async () => {
    const { exit, io } = await decode('000003 03 00000001 416461 000000 06 00000000')
    expect(io.stdout.lines.filter((line) => !line.startsWith(' '))).toEqual([
      'NAME, id 1, client to server, 3 bytes of payload',
      'PING, id 0, client to server, no payload',
    ])
    expect(io.stderr.text).toBe('2 frames, 0 violations\n')
    expect(exit).toBe(0)
  })

  it('counts one frame as one', async () => {
    const { io } = await decode('000000 06 00000000')
    expect(io.stderr.text).toBe('1 frame, 0 violations\n')
  })

  it('prints each frame as an event', async () => {
    const { io } = await decode(Buffer.from('0000030300000001416461', 'hex'), '--json')
    expect(io.stdout.events).toEqual([
      {
        event: 'frame',
        offset: 0,
        frame: 'NAME',
        type: 3,
        id: 1,
        length: 3,
        from: 'client',
        fields: { name: 'Ada' },
        hex: '0000030300000001416461',
      },
      { event: 'end', frames: 1, violations: 0, lost: 0 },
    ])
  })

  it('shows a violation where it is, goes on with the next frame, and ends with exit code 5', async () => {
    const { exit, io } = await decode('000001 06 00000000 00  000000 07 00000000')
    expect(io.stdout.text).toContain(
      'length         1\n        ^ violation: PROTOCOL_VIOLATION: PING has 0 bytes of payload',
    )
    expect(io.stdout.text).toContain('PONG, id 0')
    expect(exit).toBe(5)
  })

  it('ends with 0 for a name that is refused, which is no violation', async () => {
    const { exit, io } = await decode('000000 03 00000001', '--json')
    expect(io.stdout.events[0]).toMatchObject({ problem: { code: 'INVALID_NAME', scope: 'request', field: 'name' } })
    expect(exit).toBe(0)
  })

  it('shows what is left where no frame can be read', async () => {
    const { exit, io } = await decode('474554202f0d0a0d0a0d0a', '--json')
    expect(io.stdout.events).toMatchObject([
      { event: 'no-frame', offset: 0, hex: '474554202f0d0a0d', problem: { code: 'PAYLOAD_TOO_LARGE' } },
      { event: 'end', frames: 0, violations: 1, lost: 3 },
    ])
    expect(exit).toBe(5)
  })

  it('shows a cut frame', async () => {
    const { exit, io } = await decode('000003 03 00000001 4164')
    expect(io.stdout.text).toContain('the bytes end inside a frame, 1 are missing')
    expect(exit).toBe(5)
  })

  it('judges by the side and the limit it is given', async () => {
    expect((await decode('000000 06 00000000', '--from', 'server')).exit).toBe(5)
    expect((await decode('000003 03 00000001 416461', '--max-payload', '2')).exit).toBe(5)
  })

  it('ends with 2 for what is neither hex nor raw', async () => {
    const { exit, io } = await decode('hello')
    expect(io.stderr.text).toBe('greet: Cannot read line 1 as hex: "hello"; raw bytes need --format raw\n')
    expect(exit).toBe(2)
  })
})
