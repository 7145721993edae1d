import { Type } from '@sinclair/typebox'
import { describe, expect, it } from 'vitest'
import { JSON_EVENTS, VERBOSE } from '../src/option-schema.ts'
import { parseOptions } from '../src/parse-options.ts'

const SCHEMA = Type.Object({
  port: Type.Integer({ minimum: 0, maximum: 65_535, default: 4_356, description: 'the port' }),
  idleTimeoutMs: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 300_000 }),
  threading: Type.Union([Type.Literal('auto'), Type.Literal('pool')], { default: 'auto' }),
  host: Type.Optional(Type.String({ minLength: 1 })),
  text: Type.Boolean({ default: true }),
  agent: Type.Optional(Type.String({ maxLength: 5 })),
  intervalMs: Type.Optional(Type.Integer({ minimum: 5, maximum: 10 })),
  json: JSON_EVENTS,
  verbose: VERBOSE,
})

const TIME = '0 or a time from 1ms to 1000000ms, such as 250ms, 5s or 2m'

const parse = (args: string[], environment: Record<string, string> = {}) =>
  parseOptions(SCHEMA, args, environment, 'greet test')

describe('parseOptions', () => {
  it('takes the defaults of the schema where nothing is said', () => {
    expect(parse([]).options).toEqual({
      port: 4_356,
      idleTimeoutMs: 300_000,
      threading: 'auto',
      text: true,
      json: false,
      verbose: 0,
    })
  })

  it('reads flags, short flags and negated switches among positionals', () => {
    const { options, positionals } = parse([
      'Ada',
      '-vv',
      '--port=5',
      '--host',
      '::1',
      '--no-text',
      '--json',
      '-',
      '--',
      '-x',
    ])
    expect(options).toMatchObject({ port: 5, host: '::1', text: false, json: true, verbose: 2 })
    expect(positionals).toEqual(['Ada', '-', '-x'])
  })

  it('prefers a flag to the environment and the environment to the default', () => {
    const environment = {
      GREETWIRE_PORT: '1',
      GREETWIRE_IDLE_TIMEOUT_MS: '5s',
      GREETWIRE_TEXT: '0',
      GREETWIRE_VERBOSE: '2',
    }
    expect(parse(['--port', '2', '-v'], environment).options).toMatchObject({
      port: 2,
      idleTimeoutMs: 5_000,
      text: false,
      verbose: 1,
    })
  })

  it('takes an empty environment variable as unset', () => {
    expect(parse([], { GREETWIRE_PORT: '' }).options.port).toBe(4_356)
  })

  it.each([
    ['250', 250],
    ['250ms', 250],
    ['1.5s', 1_500],
    ['0.5ms', 1],
    ['0.0s', 0],
    ['2m', 120_000],
  ])('reads the time %s as %i ms', (text, milliseconds) => {
    expect(parse(['--idle-timeout', text]).options.idleTimeoutMs).toBe(milliseconds)
  })

  it('takes the last of several values', () => {
    expect(parse(['--port', '1', '--port', '2']).options.port).toBe(2)
  })

  it.each([
    [['--port', '65536'], 'Cannot read --port: "65536" is not an integer from 0 to 65535'],
    [['--port', '1e3'], 'Cannot read --port: "1e3" is not an integer from 0 to 65535'],
    [['--idle-timeout', '5 s'], `Cannot read --idle-timeout: "5 s" is not ${TIME}`],
    [['--idle-timeout', '17m'], `Cannot read --idle-timeout: "17m" is not ${TIME}`],
    [['--idle-timeout', '0.4'], `Cannot read --idle-timeout: "0.4" is not ${TIME}`],
    [['--interval', '0'], 'Cannot read --interval: "0" is not a time from 5ms to 10ms, such as 250ms, 5s or 2m'],
    [['--agent', 'abcdef'], 'Cannot read --agent: "abcdef" is not a text of at most 5 characters'],
    [['--threading', 'shards'], 'Cannot read --threading: "shards" is not auto or pool'],
    [['--host='], 'Cannot read --host: "" is not a text that is not empty'],
    [['--host'], 'Cannot read --host: it needs a value, a text that is not empty'],
    [['--host', '--json'], 'Cannot read --host: it needs a value, a text that is not empty'],
    [['--json=1'], 'Cannot read --json: it takes no value'],
    [['--verbose=2'], 'Cannot read --verbose: it takes no value; repeat it for more'],
    [['--no-verbose'], 'Cannot read --no-verbose: leave --verbose out instead'],
    [['--no-port'], 'Cannot read --no-port: --port takes a value'],
    [
      ['--prot', '1'],
      'Cannot read "--prot": greet test has no such option, did you mean --port?; see greet test --help',
    ],
    [['-x'], 'Cannot read "-x": greet test has no such option; see greet test --help'],
  ])('refuses %j', (args, message) => {
    expect(() => parse(args)).toThrow(expect.objectContaining({ message, exit: 'usage' }))
  })

  it('names the environment variable that holds a bad value', () => {
    expect(() => parse([], { GREETWIRE_PORT: 'x' })).toThrow(
      'Cannot read GREETWIRE_PORT: "x" is not an integer from 0 to 65535',
    )
  })

  it('judges nothing where help is asked for', () => {
    expect(parse(['--port', 'x', '-h']).help).toBe(true)
  })
})
