/** Real input: the names of tens of thousands of people in thirty scripts, greeted by each server for each client. */

import { beforeAll, describe, expect, it } from 'vitest'
import { personNames, scriptsOf } from '../support/person-names.ts'
import { greet } from '../support/program.ts'
import { RUNTIMES, SERVERS } from '../support/runtimes.ts'
import { ServerProcess } from '../support/server-process.ts'
import { exchangeText } from '../support/text-client.ts'

const collected = personNames()
// A real collection has a damaged name too: "Ömer", once decoded by the wrong table, holds the control character U+0096.
const damaged = 'Ã\u0096mer'
const names = collected.filter((name) => name !== damaged)
const greetings = Buffer.from(names.map((name) => `Hello ${name}\n`).join(''))

it('has at least 10,000 names in at least 20 scripts', () => {
  expect(names.length).toBeGreaterThanOrEqual(10_000)
  expect(scriptsOf(names).length).toBeGreaterThanOrEqual(20)
  expect(names.length).toBe(collected.length - 1)
})

describe.each(SERVERS)('$runtime server, $threading', ({ runtime, threading }) => {
  let server: ServerProcess
  beforeAll(async () => {
    server = await ServerProcess.serve(runtime, ['--threading', threading])
    return () => server.stop()
  })

  it.each(RUNTIMES)('greets every name of `greet -` under %s, byte for byte', async (clientRuntime) => {
    const input = `${collected.join('\n')}\n`

    const { stdout, stderr, code } = await greet(clientRuntime, ['-', '--server', server.address], input)

    expectSameBytes(stdout, greetings)
    expect(stderr).toMatch(/^greet: Cannot greet "Ã\\x96mer" .*control character.*\n$/)
    expect(code).toBe(7)
  })

  it('greets every name on the text port, byte for byte', async () => {
    const replies = await exchangeText(server.textPort, names.join('\n'))

    expectSameBytes(Buffer.from(replies), greetings)
  })
})

/** Compares long texts without ever printing them whole. */
function expectSameBytes(actual: Buffer, expected: Buffer): void {
  const same = actual.equals(expected)
  const lines = actual.toString().split('\n')
  const firstWrong = same
    ? -1
    : expected
        .toString()
        .split('\n')
        .findIndex((line, index) => line !== lines[index])
  expect({ same, firstWrong, line: lines[firstWrong] }).toEqual({ same: true, firstWrong: -1, line: undefined })
}
