/**
 * Real names of people, from two collections: the given and family names of every locale of @faker-js/faker, and the sample names
 * of every locale of the Unicode CLDR, which adds scripts that faker does not have.
 */

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { allLocales } from '@faker-js/faker'

/** The names, each once. */
export function personNames(): string[] {
  return [...new Set([...fakerNames(), ...cldrNames()])]
}

/** The Unicode scripts that occur in `names`, of those that any living language of these collections is written in. */
export function scriptsOf(names: readonly string[]): string[] {
  const text = names.join('')
  return SCRIPTS.filter((script) => new RegExp(`\\p{Script=${script}}`, 'u').test(text))
}

function* fakerNames(): Iterable<string> {
  for (const { person } of Object.values(allLocales)) {
    yield* textsOf(person?.first_name)
    yield* textsOf(person?.last_name)
  }
}

/** Lists of names are kept apart by sex in some locales. */
function* textsOf(value: unknown): Iterable<string> {
  if (typeof value === 'string') yield value
  else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) yield* textsOf(each)
}

interface PersonNames {
  readonly main: Record<string, { readonly personNames: { readonly sampleName?: Record<string, SampleName> } }>
}
type SampleName = Partial<Record<'given' | 'given2' | 'surname' | 'surname-core', string>>

function* cldrNames(): Iterable<string> {
  const main = fileURLToPath(new URL('main', import.meta.resolve('cldr-person-names-full/package.json')))
  for (const locale of readdirSync(main)) {
    const file = JSON.parse(readFileSync(path.join(main, locale, 'personNames.json'), 'utf8')) as PersonNames
    for (const { given, given2, surname, ...rest } of Object.values(file.main[locale]?.personNames.sampleName ?? {})) {
      const parts = [given, given2, surname ?? rest['surname-core']].filter((part) => part !== undefined)
      if (parts.length > 0) yield parts.join(' ')
    }
  }
}

const SCRIPTS = [
  'Arabic',
  'Armenian',
  'Bengali',
  'Cherokee',
  'Cyrillic',
  'Devanagari',
  'Ethiopic',
  'Georgian',
  'Greek',
  'Gujarati',
  'Gurmukhi',
  'Han',
  'Hangul',
  'Hebrew',
  'Hiragana',
  'Kannada',
  'Katakana',
  'Khmer',
  'Lao',
  'Latin',
  'Malayalam',
  'Myanmar',
  'Ol_Chiki',
  'Oriya',
  'Sinhala',
  'Syriac',
  'Tamil',
  'Telugu',
  'Thaana',
  'Thai',
]
