/** Reads back what `jsonReport` printed, and takes nothing else for it. */
import type { Level } from '../run/case.ts'
import { VERDICTS, type Result } from '../run/verdict.ts'
import { UsageError } from '../usage-error.ts'
import { REPORT_FORMAT } from './json.ts'
import type { RunReport } from './run-report.ts'

/** Reads the text of a file that is a report; throws `UsageError` when it is none. */
export function readReport(text: string, file: string): RunReport {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw new UsageError(`Cannot read ${file}: it is not JSON`)
  }
  const misfit = misfitOf(document, REPORT, 'it')
  if (misfit !== undefined) throw new UsageError(`Cannot read ${file}: it is not a report of this suite, ${misfit}`)
  const { format: _, counts: __, cases, ...run } = document as ReportDocument
  return {
    ...run,
    repeat: run.repeat ?? 1,
    cases: cases.map(({ id, title, level, requirements }) => ({ id, title, level, spec: requirements })),
    results: cases.flatMap(({ id, executions }) =>
      executions.map((execution) => ({ id, notes: [], wire: [], ...execution })),
    ),
  }
}

interface ReportDocument extends Omit<RunReport, 'repeat' | 'cases' | 'results'> {
  readonly repeat?: number
  readonly format: string
  readonly counts: object
  readonly cases: readonly {
    readonly id: string
    readonly title: string
    readonly level: Level
    readonly requirements: readonly string[]
    readonly executions: readonly (Omit<Result, 'id' | 'notes' | 'wire'> & Partial<Pick<Result, 'notes' | 'wire'>>)[]
  }[]
}

/** A type by name, one of several values, an array of one shape, or an object with at least these fields; `?` ends an optional one. */
type Shape =
  | 'string'
  | 'number'
  | 'boolean'
  | { readonly oneOf: readonly unknown[] }
  | { readonly arrayOf: Shape }
  | { readonly fields: Readonly<Record<string, Shape>> }

const REPORT: Shape = {
  fields: {
    format: { oneOf: [REPORT_FORMAT] },
    role: { oneOf: ['server', 'client'] },
    target: 'string',
    seed: 'number',
    'repeat?': 'number',
    startedAt: 'string',
    durationMs: 'number',
    adapter: { arrayOf: 'string' },
    tls: 'boolean',
    strict: 'boolean',
    timeoutScale: 'number',
    'knownFailing?': 'string',
    cases: {
      arrayOf: {
        fields: {
          id: 'string',
          title: 'string',
          level: { oneOf: ['M', 'S', 'I'] },
          requirements: { arrayOf: 'string' },
          executions: {
            arrayOf: {
              fields: {
                variant: 'string',
                verdict: { oneOf: VERDICTS },
                'message?': 'string',
                'notes?': { arrayOf: 'string' },
                durationMs: 'number',
                'wire?': { arrayOf: 'string' },
              },
            },
          },
        },
      },
    },
  },
}

/** Says where a value does not have a shape; nothing when it has. */
function misfitOf(value: unknown, shape: Shape, where: string): string | undefined {
  if (typeof shape === 'string') return typeof value === shape ? undefined : `${where} must be a ${shape}`
  if ('oneOf' in shape)
    return shape.oneOf.includes(value) ? undefined : `${where} must be one of ${shape.oneOf.join(', ')}`
  if ('arrayOf' in shape) {
    if (!Array.isArray(value)) return `${where} must be an array`
    return first(value.map((item, index) => misfitOf(item, shape.arrayOf, `${where}[${index}]`)))
  }
  if (typeof value !== 'object' || value === null) return `${where} must be an object`
  const given = value as Record<string, unknown>
  return first(
    Object.entries(shape.fields).map(([field, inner]) => {
      const name = field.replace('?', '')
      if (field !== name && given[name] === undefined) return undefined
      return misfitOf(given[name], inner, `${where === 'it' ? '' : `${where}.`}${name}`)
    }),
  )
}

function first(misfits: readonly (string | undefined)[]): string | undefined {
  return misfits.find((misfit) => misfit !== undefined)
}
