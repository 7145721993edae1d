import { describe, expect, it } from 'vitest'
import { type ByteFormat, readBytes } from '../src/byte-input.ts'
import { MemoryIo } from './memory-io.ts'

async function hexOf(chunks: readonly (string | Uint8Array)[], format: ByteFormat = 'auto'): Promise<string> {
  const read: Uint8Array[] = []
  for await (const bytes of readBytes(new MemoryIo({ stdin: chunks }).stdin, format)) read.push(bytes)
  return Buffer.concat(read).toString('hex')
}

const PING = '0000000600000000'

describe('readBytes', () => {
  it.each([
    ['plain digits', '0000000600000000'],
    ['blanks and lines', '00 00 00\n06\n\n00 00 00 00\n'],
    ['colons, commas and 0x', '0x00,0x00,0x00,0x06 00:00:00:00'],
    ['comments', '# a ping\n000000 06 # type\r\n00000000'],
    ['a listing of xxd', '00000000: 0000 0006 0000 0000                      ........\n'],
    ['a listing of hexdump -C', '00000000  00 00 00 06 00 00 00 00                           |........|\n00000008\n'],
  ])('reads hex as %s', async (_form, text) => {
    expect(await hexOf([text])).toBe(PING)
  })

  it('reads hex that is cut anywhere', async () => {
    expect(await hexOf(Array.from('00 00 0006\n00 000000'))).toBe(PING)
  })

  it('tells raw bytes from hex by their first chunk', async () => {
    expect(await hexOf([Buffer.from(PING, 'hex'), '41'])).toBe(`${PING}3431`)
  })

  it('takes text as raw bytes only when told to', async () => {
    expect(await hexOf(['GET'], 'raw')).toBe('474554')
    await expect(hexOf(['00\nGET'])).rejects.toThrow('Cannot read line 2 as hex: "GET"; raw bytes need --format raw')
  })

  it('refuses a line without end', async () => {
    await expect(hexOf(['00\n', '0'.repeat(1_048_578)])).rejects.toThrow(
      'Cannot read line 2 as hex: it is longer than 1048576 bytes',
    )
  })

  it('refuses half a byte, with its line', async () => {
    await expect(hexOf(['00\n012'])).rejects.toThrow('Cannot read line 2 as hex: it has 3 digits, two make a byte')
  })

  it('reads nothing from nothing', async () => {
    expect(await hexOf([])).toBe('')
  })
})
