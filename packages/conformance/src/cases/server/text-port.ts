/** The plain text port: lines, replies, and the guard against HTTP and TLS. */
import { check } from '../../wire/failure.ts'
import type { TextPeer } from '../../wire/text-peer.ts'
import type { ServerCase } from '../../run/server-bench.ts'
import type { ServerTest } from '../../run/server-test.ts'
import { must, needName } from './define.ts'

export const port = { needs: ['process', 'text'], options: { text: true } } as const

const lines = Buffer.from('Ada\r\nZoë\nBob\0Eve\n')

export const textPortCases: ServerCase[] = [
  must(
    'txt.lf',
    'a line that ends at LF is greeted with one line',
    'R-A.1-1 R-A.2-1',
    (t) => replies(t, 'World\n', ['Hello World']),
    port,
  ),
  must(
    'txt.crlf',
    'one CR in front of the LF is dropped',
    'R-A.1-2',
    (t) => replies(t, 'World\r\n', ['Hello World']),
    port,
  ),
  must(
    'txt.crlf-split',
    'CR and LF in two segments are one end',
    'R-A.1-2',
    async (t) => {
      const text = await t.connectText()
      await text.peer.sendCut(Buffer.from('World\r\nAda\r\n'), [6, 10, 11])
      await text.expectLine('Hello World')
      await text.expectLine('Hello Ada')
    },
    port,
  ),
  must('txt.nul', 'a line may end at NUL', 'R-A.1-1', (t) => replies(t, 'Ada\0', ['Hello Ada']), port),
  must(
    'txt.fin',
    'a line may end at FIN, then comes FIN',
    'R-A.1-1 R-A.3-4',
    (t) => repliesThenFin(t, 'Ada', ['Hello Ada']),
    port,
  ),
  must(
    'txt.fin-cr',
    'one CR in front of FIN is dropped',
    'R-A.1-2 R-A.3-4',
    (t) => repliesThenFin(t, 'Ada\r', ['Hello Ada']),
    port,
  ),
  must(
    'txt.fin-empty',
    'FIN without a line is answered with FIN only',
    'R-A.1-3 R-A.3-4',
    (t) => repliesThenFin(t, '', []),
    port,
  ),
  must(
    'txt.padded',
    'a zero-padded buffer of 1,024 bytes is one name, however it is cut',
    'R-A.1-1 R-A.1-3',
    async (t, cut) => {
      const buffer = Buffer.alloc(1024)
      buffer.write('Ada')
      const text = await t.connectText()
      await text.peer.sendCut(buffer, [Number(cut)])
      text.peer.fin()
      await text.expectLine('Hello Ada')
      await text.expectFin()
    },
    { ...port, variants: ['0', '1', '2', '3', '4', '5', '512', '1023'] },
  ),
  must(
    'txt.empty-lines',
    'empty lines are skipped',
    'R-A.1-3',
    (t) => repliesThenFin(t, '\n\r\n\0\0Ada\n\n\nBob\n', ['Hello Ada', 'Hello Bob']),
    port,
  ),
  must(
    'txt.second-cr',
    'a second CR is part of the name, which is then invalid',
    'R-A.1-2 R-A.2-2',
    (t) => errors(t, 'Ada\r\r\n', 'INVALID_NAME'),
    port,
  ),
  must(
    'txt.verbatim',
    'a name is not trimmed or changed',
    'R-A.1-7',
    (t) => replies(t, ' Zoë \ufeff\n', ['Hello  Zoë \ufeff']),
    port,
  ),
  must(
    'txt.invalid',
    'a bad name is an error line, and the connection lives',
    'R-A.1-7 R-A.2-2 R-A.2-5',
    (t, hex) => errors(t, Buffer.concat([Buffer.from(hex, 'hex'), Buffer.from('\n')]), 'INVALID_NAME'),
    {
      ...port,
      variants: ['ff', 'c080', 'eda080', '4107', '1b5b', 'c3', 'c285', Buffer.from('canary\u0007').toString('hex')],
    },
  ),
  must(
    'txt.too-long',
    'a line above maxName is NAME_TOO_LONG, up to it is greeted',
    'R-A.1-4 R-A.1-5 R-A.3-1',
    async (t) => {
      needName(t, 8)
      const size = Math.min(t.limits.maxName, 4090)
      const text = await t.connectText()
      text.send(`${'n'.repeat(size)}\r\n`)
      await text.expectLine(`Hello ${'n'.repeat(size)}`)
      text.send(`${'n'.repeat(t.limits.maxName + 1)}\n`, 'Ada\n')
      await text.expectErrorLine('NAME_TOO_LONG')
      await text.expectLine('Hello Ada')
    },
    port,
  ),
  must(
    'txt.endless',
    'a line of 160 MiB costs bounded memory and is NAME_TOO_LONG at its end',
    'R-A.1-6 R-A.1-5',
    async (t) => {
      const text = await t.connectText()
      const before = t.memory()
      for (let round = 0; round < 2_560; round += 1) {
        text.send(Buffer.alloc(65_536, 0x61))
        await text.peer.flushed()
      }
      const grown = (t.memory() - before) / 2 ** 20
      text.send('\n', 'Ada\n')
      await text.expectErrorLine('NAME_TOO_LONG')
      await text.expectLine('Hello Ada')
      // Node and others let some 64 MiB of chunks that were read lie before they collect them.
      check(grown < 96, `expected growth below 96 MiB, got ${grown.toFixed(0)} MiB`)
    },
    { ...port, needs: ['pid', 'text'] },
  ),
  must(
    'txt.split-every',
    'lines mean the same wherever they are cut',
    'R-A.1-1 R-5.3-6',
    async (t, cut) => {
      const text = await t.connectText()
      await text.peer.sendCut(lines, [Number(cut)])
      for (const name of ['Ada', 'Zoë', 'Bob', 'Eve']) await text.expectLine(`Hello ${name}`)
    },
    { ...port, variants: Array.from({ length: lines.length }, (_, index) => String(index)) },
  ),
]

export async function replies(
  t: ServerTest,
  input: string | Buffer,
  wanted: readonly (string | RegExp)[],
): Promise<void> {
  const text = await t.connectText()
  text.send(input)
  await expectLines(text, wanted)
}

export async function repliesThenFin(t: ServerTest, input: string, wanted: readonly string[]): Promise<void> {
  const text = await t.connectText()
  text.send(input)
  text.peer.fin()
  await expectLines(text, wanted)
  await text.expectFin()
}

async function expectLines(text: TextPeer, wanted: readonly (string | RegExp)[]): Promise<void> {
  for (const one of wanted) {
    if (typeof one === 'string') await text.expectLine(one)
    else {
      const got = await text.lineOrEnd()
      check(
        typeof got === 'string' && one.test(got),
        () => `expected a line like ${String(one)}, got ${JSON.stringify(got).slice(0, 120)}`,
      )
    }
  }
}

async function errors(t: ServerTest, input: string | Buffer, code: string): Promise<void> {
  const text = await t.connectText()
  text.send(input)
  const line = await text.expectErrorLine(code)
  check(
    !/\p{Cc}|canary/u.test(line),
    () => `expected a message without control characters and without the line, got ${JSON.stringify(line)}`,
  )
  text.send('Ada\n')
  await text.expectLine('Hello Ada')
}
