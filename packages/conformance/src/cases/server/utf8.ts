/** Ill-formed UTF-8 in every form, each refused alone. */
import { check } from '../../wire/failure.ts'
import { name } from '../../wire/frame.ts'
import { turn } from '../../wire/raw-peer.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import type { ServerTest } from '../../run/server-test.ts'
import { checkRequestError, collectTerminals, expectGreeting, expectRequestError } from '../expect.ts'
import { must, needName } from './define.ts'
import { refuses } from './names.ts'

const spec = 'R-11-6 R-9.4-4 R-9.4-1'

const forms: Record<string, { title: string; bytes: string[] }> = {
  'utf.lone-continuation': {
    title: 'a continuation byte alone is ill-formed',
    bytes: ['80', '8080', 'bf', '4180', '9f41', 'a0'],
  },
  'utf.lone-start': {
    title: 'a start byte alone is ill-formed',
    bytes: ['c2', 'df', 'e0', 'ef', 'f0', 'f4', 'c241', 'e241', 'f041'],
  },
  'utf.truncated': {
    title: 'a sequence that ends early is ill-formed',
    bytes: ['c3', 'e282', 'e28241', 'f09f98', 'f09f', 'f09f9841', 'e0a0', 'f48f'],
  },
  'utf.overlong-2': { title: 'an overlong form of two bytes is ill-formed', bytes: ['c080', 'c1bf', 'c0af', 'c181'] },
  'utf.overlong-3': {
    title: 'an overlong form of three bytes is ill-formed',
    bytes: ['e08080', 'e09fbf', 'e080af', 'e08181'],
  },
  'utf.overlong-4': {
    title: 'an overlong form of four bytes is ill-formed',
    bytes: ['f0808080', 'f08fbfbf', 'f08080af', 'f0808181'],
  },
  'utf.surrogates': {
    title: 'an encoded surrogate is ill-formed, alone and in pairs',
    bytes: ['eda080', 'edadbf', 'edb080', 'edbfbf', 'eda080edb080', 'edafbfedbfbf'],
  },
  'utf.beyond': { title: 'a value above U+10FFFF is ill-formed', bytes: ['f4908080', 'f5808080', 'f7bfbfbf'] },
  'utf.five-six': {
    title: 'forms of five and six bytes are ill-formed',
    bytes: ['f888808080', 'fbbfbfbfbf', 'fc8480808080', 'fdbfbfbfbfbf'],
  },
  'utf.fe-ff': { title: 'the bytes 0xfe and 0xff are ill-formed', bytes: ['fe', 'ff', 'feff', 'fffe', 'fefeffff'] },
}

export const utf8Cases: ServerCase[] = [
  ...Object.entries(forms).map(([id, { title, bytes }]) =>
    must(id, `${title}; the connection lives`, spec, (t, hex) => refuses(t, Buffer.from(hex, 'hex')), {
      variants: bytes,
    }),
  ),
  must('utf.position', 'one bad byte is found wherever it stands', spec, (t, at) => badByteAt(t, Number(at)), {
    variants: ['0', '1', '2', '3', '7', '8', '15', '16', '31', '32', '63', '64', '127', '255', '511', '1023'],
  }),
  must(
    'utf.split-codepoint',
    'a character that is cut across segments is whole again',
    'R-5.3-6 R-11-4',
    async (t, cut) => {
      const text = '\u{1f600}é€'
      needName(t, Buffer.byteLength(text))
      const peer = await t.connect()
      await peer.sendCut(name(1, text), [8 + Number(cut)])
      await expectGreeting(peer, 1, text)
    },
    { variants: ['1', '2', '3', '4', '5', '6', '7', '8'] },
  ),
  must('utf.state-leak', 'what one name leaves unfinished the next does not finish', 'R-11-4 R-9.4-4', async (t) => {
    needName(t, 4)
    const peer = await t.connect()
    peer.send(name(1, Buffer.from('41e282', 'hex')), name(2, Buffer.from('ac42', 'hex')), name(3, 'x'))
    const answers = await collectTerminals(peer, [1, 2, 3])
    checkRequestError(answers.get(1)!, 1, 'INVALID_NAME', 0)
    checkRequestError(answers.get(2)!, 2, 'INVALID_NAME', 0)
    const apart = await t.connect()
    peer.send(name(4, Buffer.from('e2', 'hex')))
    await turn()
    apart.send(name(1, Buffer.from('82ac', 'hex')))
    await expectRequestError(peer, 4, 'INVALID_NAME')
    await expectRequestError(apart, 1, 'INVALID_NAME')
  }),
  must(
    'utf.exhaustive',
    'all names of two bytes get the answer that UTF-8 demands',
    'R-11-6 R-11-7 R-9.4-4',
    async (t, high) => {
      needName(t, 2)
      const peer = await t.connect()
      const bytes = Array.from({ length: 256 }, (_, low) => Buffer.from([Number(high), low]))
      peer.send(...bytes.map((one, index) => name(index + 1, one)))
      const answers = await collectTerminals(
        peer,
        bytes.keys().map((index) => index + 1),
      )
      for (const [index, one] of bytes.entries()) {
        const frame = answers.get(index + 1)!
        if (isName(one)) {
          const wanted = Buffer.concat([Buffer.from('Hello '), one])
          check(frame.payload.equals(wanted), `expected the greeting of ${one.toString('hex')}`)
        } else checkRequestError(frame, index + 1, 'INVALID_NAME', 0)
      }
    },
    { variants: Array.from({ length: 256 }, (_, high) => `0x${high.toString(16).padStart(2, '0')}`) },
  ),
]

async function badByteAt(t: ServerTest, at: number): Promise<void> {
  needName(t, at + 1)
  const size = Math.min(t.limits.maxName, 1024)
  const bytes = Buffer.alloc(Math.max(size, at + 1), 0x61)
  bytes[at] = 0xff
  await refuses(t, bytes)
}

function isName(bytes: Buffer): boolean {
  const text = bytes.toString('utf8')
  return Buffer.from(text).equals(bytes) && !/\p{Cc}/u.test(text)
}
