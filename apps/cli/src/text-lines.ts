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

  const take = (last: Uint8Array): Uint8Array => {
    lines++
    const line = keptBytes === 0 ? last : Buffer.concat([...kept, last])
    kept = []
    keptBytes = 0
    return line.at(-1) === CR ? line.subarray(0, -1) : line
  }
  const check = (length: number): void => {
    // The CR that is dropped does not count.
    if (length > maxBytes + 1) {
      throw new CommandError('usage', `Cannot read line ${lines + 1}: it is longer than ${maxBytes} bytes`)
    }
  }

  for await (const chunk of input) {
    let begin = 0
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, begin)) {
      check(keptBytes + end - begin)
      yield take(chunk.subarray(begin, end))
      begin = end + 1
    }
    if (begin < chunk.length) {
      kept.push(chunk.subarray(begin))
      keptBytes += chunk.length - begin
      check(keptBytes)
    }
  }
  if (keptBytes > 0) yield take(new Uint8Array(0))
}
