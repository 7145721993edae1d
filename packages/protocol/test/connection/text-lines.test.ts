import { describe, expect, it } from 'vitest'
import { TextLines } from '../../src/connection/text-lines.ts'
import { byteByByte, chunkOf, forEveryDelivery } from '../delivery.ts'
import { utf8 } from '../raw-frames.ts'

const MAX_LINE = 10
const text = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes)

/** Cuts chunks into lines, a line of its own for the FIN behind them if `fin` is set. A line that is too long is `too long`. */
function linesOf(chunks: readonly Uint8Array[], fin = false): string[] {
  const lines = new TextLines(MAX_LINE)
  const found: string[] = []
  for (const chunk of chunks) {
    lines.kept.append(chunk)
    for (let line = lines.next(); line; line = lines.next()) found.push(line.tooLong ? 'too long' : text(line.bytes))
    lines.kept.release()
  }
  const last = fin ? lines.last() : undefined
  if (last) found.push(last.tooLong ? 'too long' : text(last.bytes))
  return found
}

describe('TextLines', () => {
  it.each([
    { what: 'nothing', stream: '', lines: [] },
    { what: 'LF', stream: 'Ada\nBob\n', lines: ['Ada', 'Bob'] },
    { what: 'NUL', stream: 'Ada\0Bob\0', lines: ['Ada', 'Bob'] },
    { what: 'CR LF', stream: 'Ada\r\nBob\r\n', lines: ['Ada', 'Bob'] },
    { what: 'CR NUL', stream: 'Ada\r\0', lines: ['Ada'] },
    { what: 'a second CR', stream: 'Ada\r\r\n', lines: ['Ada\r'] },
    { what: 'a CR inside', stream: 'A\rda\n', lines: ['A\rda'] },
    { what: 'a CR in front', stream: '\rAda\n', lines: ['\rAda'] },
    { what: 'only a CR', stream: '\r\n', lines: [''] },
    { what: 'empty lines', stream: '\n\0\r\n\n', lines: ['', '', '', ''] },
    { what: 'no end', stream: 'Ada\nBob', lines: ['Ada'] },
    { what: 'a zero-padded buffer', stream: `Ada${'\0'.repeat(20)}`, lines: ['Ada', ...Array<string>(19).fill('')] },
    { what: 'other line ends of Unicode', stream: 'A\u0085B\u2028\v\n', lines: ['A\u0085B\u2028\v'] },
    { what: 'a line as long as allowed', stream: `${'x'.repeat(10)}\n`, lines: ['x'.repeat(10)] },
    { what: 'that and a CR', stream: `${'x'.repeat(10)}\r\n`, lines: ['x'.repeat(10)] },
    { what: 'that and two CRs', stream: `${'x'.repeat(10)}\r\r\n`, lines: ['too long'] },
    { what: 'one byte more', stream: `${'x'.repeat(11)}\nAda\n`, lines: ['too long', 'Ada'] },
    { what: 'one byte more and a CR', stream: `${'x'.repeat(11)}\r\nAda\n`, lines: ['too long', 'Ada'] },
    { what: 'a length in bytes', stream: `${'é'.repeat(5)}\n${'é'.repeat(5)}a\n`, lines: ['ééééé', 'too long'] },
    { what: 'much more', stream: `${'x'.repeat(60)}\n\nAda\n`, lines: ['too long', '', 'Ada'] },
    {
      what: 'two that are too long',
      stream: `${'x'.repeat(30)}\0${'y'.repeat(12)}\n`,
      lines: ['too long', 'too long'],
    },
  ])('cuts $what', ({ stream, lines }) => {
    expect(forEveryDelivery(utf8(stream), (chunks) => linesOf(chunks))).toStrictEqual(lines)
  })

  it.each([
    { what: 'nothing', stream: '', last: [] },
    { what: 'a line', stream: 'Ada', last: ['Ada'] },
    { what: 'a CR', stream: 'Ada\r', last: ['Ada'] },
    { what: 'only a CR', stream: '\r', last: [''] },
    { what: 'an ended line', stream: 'Ada\n', last: ['Ada'] },
    { what: 'as much as allowed', stream: 'x'.repeat(10), last: ['x'.repeat(10)] },
    { what: 'as much as allowed and a CR', stream: `${'x'.repeat(10)}\r`, last: ['x'.repeat(10)] },
    { what: 'too much', stream: 'x'.repeat(11), last: ['too long'] },
    { what: 'far too much', stream: 'x'.repeat(50), last: ['too long'] },
  ])('takes as the last line: $what', ({ stream, last }) => {
    expect(forEveryDelivery(utf8(stream), (chunks) => linesOf(chunks, true))).toStrictEqual(last)
  })

  it('gives views of the chunk without a copy', () => {
    const lines = new TextLines(MAX_LINE)
    const chunk = chunkOf(utf8('Ada\n'))
    lines.kept.append(chunk)
    const line = lines.next()
    expect(line?.bytes.buffer).toBe(chunk.buffer)
  })

  it('holds no more of a line than it may have, and its CR', () => {
    const lines = new TextLines(MAX_LINE)
    const held = byteByByte(utf8('x'.repeat(1_000))).map((chunk) => {
      lines.kept.append(chunk)
      expect(lines.next()).toBe(undefined)
      lines.kept.release()
      return lines.kept.length
    })
    expect(Math.max(...held)).toBe(MAX_LINE + 1)
    expect(lines.begun).toBe(true)
    lines.kept.append(utf8('\n'))
    expect(lines.next()).toMatchObject({ tooLong: true, bytes: new Uint8Array(0) })
    expect(lines.begun).toBe(false)
  })

  it('holds nothing of a long chunk without an end', () => {
    const lines = new TextLines(MAX_LINE)
    lines.kept.append(new Uint8Array(100_000).fill(0x78))
    expect(lines.next()).toBe(undefined)
    expect(lines.kept.length).toBe(0)
  })

  it('shows the bytes at the front as long as none of the line were thrown away', () => {
    const lines = new TextLines(MAX_LINE)
    lines.kept.append(utf8('GET'))
    expect(text(lines.front)).toBe('GET')
    lines.next()
    lines.kept.append(utf8(' / and so on'))
    lines.next()
    lines.kept.append(utf8('GET / '))
    expect(text(lines.front)).toBe('')
  })
})
