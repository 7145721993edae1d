import { describe, expect, it } from 'vitest'
import { splitLines } from '../src/text-lines.ts'
import { MemoryIo } from './memory-io.ts'

async function lines(chunks: readonly string[], maxBytes = 100): Promise<(string | undefined)[]> {
  const all: (string | undefined)[] = []
  for await (const line of splitLines(new MemoryIo({ stdin: chunks }).stdin, maxBytes))
    all.push(line && Buffer.from(line).toString())
  return all
}

async function* endlessLine(): AsyncGenerator<Uint8Array> {
  for (;;) yield Buffer.from('abcd')
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

  it('takes a line of the limit with its CR, and passes over one of a byte more, however the stream is cut', async () => {
    const text = 'abcde\r\nabcdef\nok\nabcdef\r\nabcdefghijkl\n\nabcdef'
    const expected = ['abcde', undefined, 'ok', undefined, undefined, '', undefined]
    for (let cut = 0; cut <= text.length; cut++)
      expect(await lines([text.slice(0, cut), text.slice(cut)], 5)).toEqual(expected)
    expect(await lines(Array.from(text), 5)).toEqual(expected)
  })

  it('tells of a line that is too long before its end is there', async () => {
    expect(await splitLines(endlessLine(), 5).next()).toEqual({ done: false, value: undefined })
  })
})
