/** Splits a stream of bytes into lines, in bounded memory. Knows bytes, not text: a line need not be well-formed. */

import { CommandError } from './exit-codes.ts'

const LF = 0x0a
const CR = 0x0d

/**
 * The lines of `input`, without LF and one CR before it; the last one needs no LF. Throws CommandError for a line of more than
 * `maxBytes`. A line is valid until the next one is asked for.
 */
export async function* splitLines(input: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let kept: Uint8Array[] = []
  let keptBytes = 0
  let lines = 0

  const check = (length: number, limit: number): void => {
    if (length > limit) {
      throw new CommandError('usage', `Cannot read line ${lines + 1}: it is longer than ${maxBytes} bytes`)
    }
  }
  const take = (last: Uint8Array): Uint8Array => {
    const whole = keptBytes === 0 ? last : Buffer.concat([...kept, last])
    const line = whole.at(-1) === CR ? whole.subarray(0, -1) : whole
    check(line.length, maxBytes)
    lines++
    kept = []
    keptBytes = 0
    return line
  }

  for await (const chunk of input) {
    let begin = 0
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, begin)) {
      yield take(chunk.subarray(begin, end))
      begin = end + 1
    }
    if (begin < chunk.length) {
      kept.push(chunk.subarray(begin))
      keptBytes += chunk.length - begin
      // One byte more may be the CR that is dropped.
      check(keptBytes, maxBytes + 1)
    }
  }
  if (keptBytes > 0) yield take(new Uint8Array(0))
}
