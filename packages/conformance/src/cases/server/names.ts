/** The names themselves: greeted byte for byte, or refused alone. */
import { Unsupported } from '../../wire/failure.ts'
import { name, readError } from '../../wire/frame.ts'
import { check } from '../../wire/failure.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import type { ServerTest } from '../../run/server-test.ts'
import { collectTerminals, expectBarrier, expectGreeting, expectGreetings, expectRequestError } from '../expect.ts'
import { must, needName } from './define.ts'

const verbatim: Record<string, string> = {
  'leading-space': ' Ada',
  'trailing-space': 'Ada ',
  'only-space': ' ',
  case: 'aDA LovelaCE',
  nfc: 'Zo\u00eb',
  nfd: 'Zoe\u0308',
  bom: '\ufeffAda',
  'bom-inside': 'A\ufeffda',
  bidi: '\u202eadA\u202c \u2067x\u2069',
  'emoji-zwj': '\u{1f469}\u200d\u{1f4bb}',
  noncharacter: '\uffff\ufdd0\u{10ffff}',
  replacement: '\ufffd',
  'line-separator': 'a\u2028b\u2029c',
  'no-break-space': '\u00a0Ada\u00a0',
  'ideographic-space': '\u3000',
  'private-use': '\ue000\u{f0000}',
  astral: '\u{1d49c}\u{10000}',
  'soft-hyphen': 'A\u00adda',
  turkish: 'İıŞş',
  ligature: 'ﬁ ſ ß',
}

const hazards = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '${x}',
  '%s',
  '%n%d',
  '{}',
  '{name}',
  '$&',
  '$1',
  "'; --",
  '<b>',
  '\\u0041',
  '\\',
  '"',
  'null',
  'undefined',
  'NaN',
  '0',
  '-1',
  'true',
  '../../etc/passwd',
  '! error',
  'GET / HTTP/1.1',
]

const edges: Record<string, string> = {
  'u+0020': ' ',
  'u+007e': '~',
  'u+00a0': '\u00a0',
  'u+07ff': '\u07ff',
  'u+0800': '\u0800',
  'u+d7ff': '\ud7ff',
  'u+e000': '\ue000',
  'u+fffd': '\ufffd',
  'u+ffff': '\uffff',
  'u+10000': '\u{10000}',
  'u+10ffff': '\u{10ffff}',
}

export const nameCases: ServerCase[] = [
  must('grt.exact', 'World is greeted with exactly "Hello World"', 'R-6.4-4 R-6.4-2', async (t) => greets(t, 'World')),
  must('grt.empty', 'the empty name is INVALID_NAME, and the connection lives', 'R-9.4-4 R-6.3-4 R-9.4-1', async (t) =>
    refuses(t, Buffer.alloc(0)),
  ),
  must(
    'grt.len-bytes',
    'limits count bytes, not characters',
    'R-10-10 R-9.4-3',
    async (t, offset) => {
      const size = t.limits.maxName + Number(offset)
      if (size < 4 || size > Math.min(4096, t.limits.maxPayload))
        throw new Unsupported('needs maxName between 8 and 4090')
      const text = '\u{1f600}'.repeat(size >> 2) + 'x'.repeat(size & 3)
      const peer = await t.connect()
      peer.send(name(1, text))
      if (size > t.limits.maxName) await expectRequestError(peer, 1, 'NAME_TOO_LONG', t.limits.maxName)
      else await expectGreeting(peer, 1, text)
      await expectBarrier(peer)
    },
    { variants: ['-3', '-2', '-1', '0', '1', '2', '4'] },
  ),
  must(
    'grt.verbatim',
    'nothing is trimmed, normalised, folded or stripped',
    'R-11-3 R-11-7 R-6.4-4',
    (t, key) => greets(t, verbatim[key]!),
    { variants: Object.keys(verbatim) },
  ),
  must(
    'grt.controls',
    'a name with a control character is INVALID_NAME',
    'R-9.4-4 R-9.4-1',
    async (t, key) => {
      const character = String.fromCharCode(Number.parseInt(key.slice(2), 16))
      await refuses(t, Buffer.from(character))
      if (t.limits.maxName >= 10) await refuses(t, Buffer.from(`Ada${character}Eve`))
    },
    { variants: [...range(0x00, 0x1f), ...range(0x7f, 0x9f)].map((code) => `u+${code.toString(16).padStart(4, '0')}`) },
  ),
  must(
    'grt.js-hazards',
    'names that mean something elsewhere mean nothing here',
    'R-11-7 R-6.4-4 R-11-3',
    (t, index) => greets(t, hazards[Number(index)]!),
    { variants: hazards.map((_, index) => String(index)) },
  ),
  must(
    'grt.all-scalars',
    'every scalar value that is no control character is greeted',
    'R-11-7',
    async (t, plane) => {
      needName(t, 256)
      const peer = await t.connect()
      const names = new Map<number, string>()
      let text = ''
      for (let code = Number(plane) << 16; code < (Number(plane) + 1) << 16; code += 1) {
        if (code < 0x20 || (code >= 0x7f && code <= 0x9f) || (code >= 0xd800 && code <= 0xdfff)) continue
        text += String.fromCodePoint(code)
        if (Buffer.byteLength(text) < 250) continue
        names.set(names.size + 1, text)
        text = ''
      }
      if (text !== '') names.set(names.size + 1, text)
      peer.send(...[...names].map(([id, one]) => name(id, one)))
      await expectGreetings(peer, names)
    },
    { variants: range(0, 16).map(String) },
  ),
  must(
    'utf.valid-edges',
    'the first and last characters of each UTF-8 length are greeted',
    'R-11-7 R-11-6',
    (t, key) => greets(t, edges[key]!),
    { variants: Object.keys(edges) },
  ),
  must('utf.not-reflected', 'a refused name does not come back in the message', 'R-11-11 R-6.5-4', async (t) => {
    needName(t, 20)
    const peer = await t.connect()
    for (const [id, bytes] of [
      [1, Buffer.from('canary\u0007canary')],
      [2, Buffer.from('canary\xff', 'latin1')],
      ...(t.limits.maxName < 2_000
        ? [[3, Buffer.from('canary'.repeat(400).slice(0, t.limits.maxName + 1))] as const]
        : []),
    ] as const) {
      peer.send(name(id, bytes))
      const frame = (await collectTerminals(peer, [id])).get(id)!
      const message = readError(frame)?.message.toString('latin1') ?? ''
      check(!message.includes('canary'), () => `expected a message without the name, got ${JSON.stringify(message)}`)
    }
  }),
  must('grt.order-of-errors', 'a name that is too long and invalid is NAME_TOO_LONG', 'R-9.4-2 R-9.4-3', async (t) => {
    if (t.limits.maxName + 1 > Math.min(4096, t.limits.maxPayload)) throw new Unsupported('needs maxName below 4096')
    const peer = await t.connect()
    peer.send(name(1, Buffer.alloc(t.limits.maxName + 1)), name(2, Buffer.alloc(t.limits.maxName + 1, 0xff)))
    await expectRequestError(peer, 1, 'NAME_TOO_LONG', t.limits.maxName)
    await expectRequestError(peer, 2, 'NAME_TOO_LONG', t.limits.maxName)
    await expectBarrier(peer)
  }),
  must(
    'grt.refused-unexecuted',
    'refused names never reach the greeter',
    'R-9.4-5 R-7.2-5',
    async (t) => {
      if (t.limits.maxName >= 4_096) throw new Unsupported('needs maxName below 4096')
      const peer = await t.connect()
      peer.send(
        name(1, 'before'),
        name(2, ''),
        name(3, 'a\u0007'),
        name(4, Buffer.from([0xff])),
        name(5, 'n'.repeat(t.limits.maxName + 1)),
        name(6, 'after'),
      )
      await collectTerminals(peer, [1, 2, 3, 4, 5, 6])
      const executed = t.executedNames().toSorted().join()
      check(
        executed === 'after,before',
        () => `expected only the two good names to be executed, got ${JSON.stringify(executed)}`,
      )
    },
    {
      ownTarget: true,
      needs: ['process', 'conformance-greeter', 'execution-log'],
      options: { greeter: 'conformance' },
    },
  ),
]

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

async function greets(t: ServerTest, text: string): Promise<void> {
  needName(t, Buffer.byteLength(text))
  const peer = await t.connect()
  peer.send(name(1, text))
  await expectGreeting(peer, 1, text)
  await expectBarrier(peer)
}

/** Sends a bad name between two good ones: it costs its request only. */
export async function refuses(t: ServerTest, bytes: Buffer): Promise<void> {
  needName(t, bytes.length)
  const peer = await t.connect()
  peer.send(name(1, bytes))
  await expectRequestError(peer, 1, 'INVALID_NAME', 0)
  peer.send(name(2, 'x'))
  await expectGreeting(peer, 2, 'x')
  await expectBarrier(peer)
}
