/** The JUnit report, validated by libxml2 against a schema rewritten from the one that Surefire publishes, without reruns. */
import { readFileSync } from 'node:fs'
import { XmlDocument, XsdValidator } from 'libxml2-wasm'
import { describe, expect, it } from 'vitest'
import { serverCases } from '../src/cases/server/catalogue.ts'
import { junitReport } from '../src/report/junit.ts'
import { VERDICTS } from '../src/run/verdict.ts'

const schema = XmlDocument.fromBuffer(readFileSync(new URL('surefire-report.xsd', import.meta.url)))
const validator = XsdValidator.fromDoc(schema)

const hostile = '<&>"\'\u0000\u001b[2J\u0085\ud800\uffff]]> \u{1f600}'

/** A run with every verdict, and with texts that mean something in XML. */
const report = junitReport({
  role: 'server',
  target: `node server.js ${hostile}`,
  seed: 7,
  repeat: 1,
  startedAt: '2026-01-02T03:04:05.678Z',
  durationMs: 1_234_567.891,
  adapter: ['node', 'server.js'],
  tls: false,
  strict: false,
  timeoutScale: 1,
  cases: serverCases,
  results: VERDICTS.flatMap((verdict, index) =>
    ['', hostile].map((variant) => ({
      id: serverCases[index]!.id,
      variant,
      verdict,
      ...(verdict === 'PASS' ? {} : { message: hostile }),
      notes: [],
      durationMs: index * 1_000.55,
      wire: [hostile],
    })),
  ),
})

function faultsOf(xml: string): string {
  try {
    using document = XmlDocument.fromString(xml)
    validator.validate(document)
    return ''
  } catch (cause) {
    return (cause as Error).message
  }
}

describe('the JUnit report', () => {
  it('has the structure of a Surefire report, whatever the texts hold', () => {
    expect(faultsOf(report)).toBe('')
  })

  it('counts each execution once', () => {
    expect(report).toContain('tests="22" failures="6" errors="4" skipped="6"')
  })

  it.each([
    ['lacks a count', [' tests="22"', '']],
    ['has an attribute that Surefire does not know', ['<testsuite ', '<testsuite timestamp="2026-01-02T03:04:05" ']],
    ['has an element that Surefire does not know', ['<properties>', '<properties><note/>']],
    ['puts test cases before properties', ['  <properties>', '  <testcase name="x" time="0"/><properties>']],
    ['names no type of a failure', [' type="FAIL"', '']],
    ['measures time in words', ['time="0.000"', 'time="soon"']],
    ['names no test case', [/ name="[^"]*" time="0\.000"/, ' time="0.000"']],
    ['does not escape markup', ['&lt;', '<']],
  ] as const)('is refused when it %s', (_what, [from, to]) => {
    const broken = report.replace(from, to)
    expect(broken).not.toBe(report)
    expect(faultsOf(broken)).not.toBe('')
  })
})
