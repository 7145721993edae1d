/** The file that `--save` writes and `--compare` reads: `{"results": […]}`, one result for each round of each server. */

import { open, readFile, writeFile } from 'node:fs/promises'
import { CommandError } from '../exit-codes.ts'
import { quotedText } from '../printable-text.ts'
import { type BenchResult, SETTINGS } from './bench-result.ts'
import { type BenchSeries, seriesOf } from './bench-series.ts'

/** Throws CommandError if results cannot be written there, so that nobody measures for nothing. What is in the file stays. */
export async function checkWritable(path: string): Promise<void> {
  const file = await open(path, 'a').catch(notWritten(path))
  await file.close()
}

/** Writes the results. */
export async function saveResults(path: string, results: readonly BenchResult[]): Promise<void> {
  await writeFile(path, `${JSON.stringify({ results }, undefined, 2)}\n`).catch(notWritten(path))
}

function notWritten(path: string): (error: unknown) => never {
  return (error) => {
    throw problem('write --save', path, (error as Error).message)
  }
}

/**
 * Reads what servers of these names are compared with: of each the series of its name, or the only one there is. Throws CommandError
 * if there is none, or none with greetings, and if it was measured with other settings than `options`, for then a ratio says nothing.
 */
export async function readSaved(
  path: string,
  names: readonly string[],
  options: Pick<BenchResult, (typeof SETTINGS)[number]>,
): Promise<ReadonlyMap<string, BenchSeries>> {
  const results = resultsOf(
    path,
    await readFile(path, 'utf8').catch((error: unknown) => {
      throw problem('read --compare', path, (error as Error).message)
    }),
  )
  for (const setting of SETTINGS) {
    const other = results.find((result) => result[setting] !== options[setting])
    if (other) {
      const difference = `its ${setting} is ${JSON.stringify(other[setting])}, not ${JSON.stringify(options[setting])}`
      throw problem('compare with', path, `${difference}; measure both with the same options`)
    }
  }
  if (!results.every((result) => ratioFigures(result).every((figure) => figure > 0)))
    throw problem('compare with', path, 'a result in it has no greetings, and nothing is a multiple of zero')
  const saved = seriesOf(results)
  return new Map(
    names.map((name) => {
      const series = saved.find((one) => one.name === name) ?? (saved.length === 1 ? saved[0] : undefined)
      if (!series) throw problem('compare with', path, `it holds no result of ${name}`)
      return [name, { ...series, name: `${series.name} in ${path}` }]
    }),
  )
}

function resultsOf(path: string, text: string): readonly BenchResult[] {
  try {
    const { results } = JSON.parse(text) as { results: readonly BenchResult[] }
    if (results.length > 0 && results.every(isResult)) return results
  } catch {
    // No JSON: refused below, like JSON that holds no results.
  }
  throw problem('read --compare', path, 'it is not what --save wrote')
}

function isResult(result: BenchResult): boolean {
  return typeof result.target === 'string' && ratioFigures(result).every((figure) => typeof figure === 'number')
}

/** What ratios are made of. */
function ratioFigures({ perSecond, latencyMs }: BenchResult): readonly number[] {
  return [perSecond, latencyMs.p50, latencyMs.p99]
}

function problem(what: string, path: string, why: string): CommandError {
  return new CommandError('usage', `Cannot ${what} ${quotedText(path)}: ${why}`)
}
