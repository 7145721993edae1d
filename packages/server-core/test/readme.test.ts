import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { COUNTER_NAMES } from '../src/counters.ts'
import { SERVER_OPTIONS_SCHEMA } from '../src/index.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

it.each(Object.entries(SERVER_OPTIONS_SCHEMA.properties))(
  'README.md tells of %s as the schema does',
  (option, schema) => {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${option}\` `))
    const [, , given, meaning] = row?.split('|').map((cell) => cell.trim()) ?? []
    const { default: value, description } = schema as { default?: unknown; description?: string }
    expect(given).toBe(value === undefined ? '' : JSON.stringify(value))
    expect(meaning).toBe(description)
  },
)

it.each(COUNTER_NAMES)('README.md tells of the count %s', (name) => {
  expect(readme).toMatch(new RegExp(`^\\|.*\`${name}\``, 'm'))
})
