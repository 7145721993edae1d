/** The report as JUnit XML, in the form of Surefire: FAIL is a failure, ERROR an error, what was not judged is skipped. */
import { byCase, type RunReport } from './run-report.ts'
import type { Result } from '../run/verdict.ts'
import { escapeMarkup } from './xml.ts'

/** Prints a run as JUnit XML: one test suite, one test case for each execution. */
export function junitReport(report: RunReport): string {
  const kinds = report.results.map(kindOf)
  const count = (kind: string): number => kinds.filter((one) => one === kind).length
  const seconds = (report.durationMs / 1_000).toFixed(3)
  const tests = byCase(report).flatMap(({ case: one, results }) =>
    results.map((result) => testCase(one.title, one.spec, result)),
  )
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="greetwire-conformance ${report.role}" tests="${kinds.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}" time="${seconds}">`,
    '  <properties>',
    `    <property name="target" value="${escapeMarkup(report.target)}"/>`,
    `    <property name="seed" value="${report.seed}"/>`,
    // Surefire knows no attribute for the time at which a suite began.
    `    <property name="startedAt" value="${report.startedAt}"/>`,
    '  </properties>',
    ...tests,
    '</testsuite>',
    '',
  ].join('\n')
}

function testCase(title: string, spec: readonly string[], result: Result): string {
  const name = escapeMarkup(result.variant === '' ? title : `${title} [${result.variant}]`)
  const open = `  <testcase classname="${escapeMarkup(result.id)}" name="${name}" time="${(result.durationMs / 1_000).toFixed(3)}"`
  const kind = kindOf(result)
  if (kind === 'passed') return `${open}/>`
  const message = escapeMarkup(`${result.verdict}: ${result.message ?? ''}`)
  if (kind === 'skipped') return `${open}>\n    <skipped message="${message}"/>\n  </testcase>`
  const body = escapeMarkup([spec.join(' '), ...result.wire].join('\n'))
  return `${open}>\n    <${kind} type="${result.verdict}" message="${message}">${body}</${kind}>\n  </testcase>`
}

function kindOf({ verdict }: Result): 'passed' | 'failure' | 'error' | 'skipped' {
  if (verdict === 'PASS' || verdict === 'INFO' || verdict === 'NON-STRICT') return 'passed'
  if (verdict === 'FAIL' || verdict === 'XPASS' || verdict === 'FLAKY') return 'failure'
  return verdict === 'ERROR' || verdict === 'NOT-RUN' ? 'error' : 'skipped'
}
