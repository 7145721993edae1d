/** Splits a stream of bytes into lines, in bounded memory. Knows bytes, not text: a line need not be well-formed. */

const LF = 0x0a
const CR = 0x0d

/**
 * The lines of `input`, without LF and one CR before it; the last one needs no LF. For a line of more than `maxBytes` there is
 * undefined, as soon as it is that long; the rest of it is passed over. A line is valid until the next one is asked for.
 */
export async function* splitLines(
  input: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array | undefined> {
  let kept: Uint8Array[] = []
  let keptBytes = 0
  let passingOver = false

  const take = (last: Uint8Array): Uint8Array | undefined => {
    const whole = keptBytes === 0 ? last : Buffer.concat([...kept, last])
    const line = whole.at(-1) === CR ? whole.subarray(0, -1) : whole
    kept = []
    keptBytes = 0
    return line.length > maxBytes ? undefined : line
  }

  for await (const chunk of input) {
    let begin = 0
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, begin)) {
      if (!passingOver) yield take(chunk.subarray(begin, end))
      passingOver = false
      begin = end + 1
    }
    if (passingOver || begin === chunk.length) continue
    kept.push(chunk.subarray(begin))
    keptBytes += chunk.length - begin
    // One byte more may be the CR that is dropped.
    if (keptBytes <= maxBytes + 1) continue
    passingOver = true
    yield take(new Uint8Array(0))
  }
  if (keptBytes > 0) yield take(new Uint8Array(0))
}
