/** Reads the tables, the requirements and the hex examples of SPEC.md. */

import { readFileSync } from 'node:fs'
import { fromHex } from './hex.ts'

const text = readFileSync(new URL('../SPEC.md', import.meta.url), 'utf8')

/** The rows of the table behind `<!-- table: name -->`, each as a record of its header's words. */
export function specTable(name: string): Record<string, string>[] {
  const mark = `<!-- table: ${name} -->`
  const begin = text.indexOf(mark)
  if (begin < 0) throw new Error(`SPEC.md has no "${mark}"`)
  const lines = text
    .slice(begin + mark.length)
    .trimStart()
    .split('\n')
  const rows = lines
    .slice(
      0,
      lines.findIndex((line) => !line.startsWith('|')),
    )
    .map(cellsOf)
  const [header = [], , ...body] = rows
  return body.map((cells) => Object.fromEntries(header.map((word, index) => [word, cells[index] ?? ''])))
}

/** An example of bytes in SPEC.md. */
export interface SpecExample {
  readonly id: string
  readonly direction: 'client-to-server' | 'server-to-client'
  /** The comment in the first line, if there is one. */
  readonly comment: string | undefined
  readonly bytes: Uint8Array
}

/** Every fenced block of hex in SPEC.md, in its order. */
export function specExamples(): SpecExample[] {
  return Array.from(text.matchAll(/^```hex (.*)\n([^`]*)^```$/gm), ([, info = '', body = '']) => {
    const attributes = Object.fromEntries(info.split(' ').map((word) => word.split('=') as [string, string]))
    const lines = body.split('\n')
    return {
      id: attributes['id'] as string,
      direction: attributes['direction'] as SpecExample['direction'],
      comment: lines
        .find((line) => line.startsWith('#'))
        ?.slice(1)
        .trim(),
      bytes: fromHex(
        lines
          .filter((line) => !line.startsWith('#'))
          .map((line) => line.split(/ {2,}/)[0])
          .join(''),
      ),
    }
  })
}

function cellsOf(line: string): string[] {
  const cells = line.split(/(?<!\\)\|/).slice(1, -1)
  return cells.map((cell) => cell.trim().replaceAll('\\|', '|'))
}
