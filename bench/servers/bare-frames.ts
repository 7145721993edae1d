/** What the C limit server does with its input, in the shortest loop of JavaScript: no rules, no state but what is left of a frame. */

const output = new Uint8Array(1 << 18)
const HELLO = new TextEncoder().encode('Hello ')

/** Answers each NAME of a chunk of one connection; takes for granted that there is nothing but valid NAMEs in it. */
export function bareFrames(): (chunk: Uint8Array) => Uint8Array {
  let rest: Uint8Array | undefined
  return (chunk) => {
    const bytes = rest ? Buffer.concat([rest, chunk]) : chunk
    const into = output
    const hello = HELLO
    const end = bytes.length
    let at = 0
    let to = 0
    while (end - at > 8) {
      const length = ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number)
      const next = at + 8 + length
      if (next > end) break
      into[to] = 0
      into[to + 1] = (length + 6) >> 8
      into[to + 2] = length + 6
      into[to + 3] = 4
      for (let index = 4; index < 8; index++) into[to + index] = bytes[at + index] as number
      for (let index = 0; index < 6; index++) into[to + 8 + index] = hello[index] as number
      to += 14
      for (at += 8; at < next; at++) into[to++] = bytes[at] as number
    }
    rest = at < end ? bytes.slice(at) : undefined
    return into.subarray(0, to)
  }
}
