import { describe, expect, it } from 'vitest'
import { splitLines } from '../src/text-lines.ts'
import { MemoryIo } from './memory-io.ts'

async function lines(chunks: readonly string[], maxBytes = 100): Promise<string[]> {
  const all: string[] = []
  for await (const line of splitLines(new MemoryIo({ stdin: chunks }).stdin, maxBytes))
    all.push(Buffer.from(line).toString())
  return all
}

describe('splitLines', () => {
  it('gives the same lines however the stream is cut', async () => {
    const text = 'Ada\r\n\nGrace\n\rEve\r\r\nlast'
    const expected = ['Ada', '', 'Grace', '\rEve\r', 'last']
    for (let cut = 0; cut <= text.length; cut++)
      expect(await lines([text.slice(0, cut), text.slice(cut)])).toEqual(expected)
    expect(await lines(Array.from(text))).toEqual(expected)
  })

  it('drops the CR of a last line without LF', async () => {
    expect(await lines(['Ada\r'])).toEqual(['Ada'])
  })

  it('gives no empty line behind the last LF', async () => {
    expect(await lines(['Ada\n'])).toEqual(['Ada'])
  })

  it('takes a line of the limit with its CR, and refuses one byte more before its end is there', async () => {
    expect(await lines(['abcde\r\n'], 5)).toEqual(['abcde'])
    await expect(lines(['ok\n', 'abcd', 'efg'], 5)).rejects.toThrow('Cannot read line 2: it is longer than 5 bytes')
    await expect(lines(['abcdef\n'], 5)).rejects.toThrow('Cannot read line 1: it is longer than 5 bytes')
  })
})
