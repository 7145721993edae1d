/** Cases that run inside TLS, and what they ask of a server's adapter. */
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { serverCases } from '../src/cases/server/catalogue.ts'
import { insideTls } from '../src/run/inside-tls.ts'

const schema = JSON.parse(readFileSync(new URL('../src/target/adapter.schema.json', import.meta.url), 'utf8')) as object
const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema)

const inside = insideTls(serverCases)

describe('the catalogue inside TLS', () => {
  it('has every case, each with a server that speaks TLS, but for those of the text port', () => {
    expect(inside.map(({ id }) => id)).toEqual(serverCases.map(({ id }) => id))
    const plain = inside.filter(({ options, needs }) => options?.tls === undefined || !needs?.includes('tls'))
    expect(plain.length).toBeGreaterThan(0)
    expect(plain.filter(({ needs }) => !needs?.includes('text'))).toEqual([])
  })

  it('keeps what a case asks for otherwise', () => {
    const before = serverCases.find(({ id }) => id === 'gb.stopped')!
    const after = inside.find(({ id }) => id === 'gb.stopped')!
    expect(after.needs).toEqual([...before.needs!, 'process', 'tls'])
    expect(after.options).toMatchObject(before.options!)
  })

  it('leaves the cases of TLS as they are', () => {
    const own = serverCases.filter(({ id }) => id.startsWith('tls.'))
    expect(inside.filter(({ id }) => id.startsWith('tls.'))).toEqual(own)
  })
})

describe('the schema of server adapters', () => {
  it.each([
    ['catalogue', serverCases],
    ['catalogue inside TLS', inside],
  ])('has every option for which the %s asks', (_what, cases) => {
    const misfits = cases
      .filter(({ options = {} }) => !validate(JSON.parse(JSON.stringify(options))))
      .map(({ id }) => id)
    expect(misfits).toEqual([])
  })

  it.each([{ maxName: 0 }, { optionThatDoesNotExist: true }, { text: false }, { tls: { keyFile: 'x' } }])(
    'refuses %j',
    (options) => {
      expect(validate(options)).toBe(false)
    },
  )
})
