import { describe, expect, it } from 'vitest'
import { type Answer, ERROR_CODES, type ErrorName, type RequestErrorName } from '../../src/index.ts'
import { forEveryDelivery } from '../delivery.ts'
import { fromHex } from '../hex.ts'
import { concat, utf8 } from '../raw-frames.ts'
import { type OptionsChange, TextDriver } from './connection-driver.ts'

/** A driver that greets at once. */
function greeting(options: OptionsChange = {}): TextDriver {
  const driver = new TextDriver(options)
  driver.onGreet = (_id, name) => `Hello ${name}`
  return driver
}

const bytesOf = (stream: string | Uint8Array): Uint8Array => (typeof stream === 'string' ? utf8(stream) : stream)

/** What a driver that greets at once makes of a stream, however it is cut; `fin` ends it. */
function conversation(
  stream: string | Uint8Array,
  { fin = false, ...options }: OptionsChange & { fin?: boolean } = {},
) {
  return forEveryDelivery(bytesOf(stream), (chunks) => {
    const driver = greeting(options).receive(...chunks)
    if (fin) driver.end()
    return { text: driver.text, closing: driver.connection.closing }
  })
}

const line = (code: ErrorName, message: string = ERROR_CODES[code].message): string => `! ${code} ${message}\n`
const answered = (answer: Answer): string => new TextDriver().receive(utf8('Ada\n')).reply([1, answer]).text
const GUARDED = { text: line('PROTOCOL_VIOLATION', 'not an HTTP or TLS port'), closing: 'half-close' }

describe('a TextConnection', () => {
  it.each([
    { what: 'LF', stream: 'Ada\n', text: 'Hello Ada\n' },
    { what: 'CR LF', stream: 'Ada\r\nBob\r\n', text: 'Hello Ada\nHello Bob\n' },
    { what: 'NUL', stream: 'Ada\0Bob\0', text: 'Hello Ada\nHello Bob\n' },
    { what: 'no end yet', stream: 'Ada', text: '' },
    { what: 'empty lines', stream: '\n\0\r\n\r\0Ada\n\n\n', text: 'Hello Ada\n' },
    { what: 'two CRs', stream: 'Ada\r\r\nBob\n', text: `${line('INVALID_NAME')}Hello Bob\n` },
    { what: 'a control character', stream: 'A\tda\nBob\n', text: `${line('INVALID_NAME')}Hello Bob\n` },
    { what: 'more than ASCII', stream: '\ufeffZoë 😀\n', text: 'Hello \ufeffZoë 😀\n' },
    { what: 'spaces around', stream: '  Ada \n', text: 'Hello   Ada \n' },
    { what: 'a name that looks like code', stream: '$& %s ${x} __proto__\n', text: 'Hello $& %s ${x} __proto__\n' },
    {
      what: 'ill-formed UTF-8',
      stream: concat(fromHex('c3 28 0a'), utf8('Bob\n')),
      text: `${line('INVALID_NAME')}Hello Bob\n`,
    },
    {
      what: 'halves of a character in two lines',
      stream: fromHex('c3 0a ab 0a'),
      text: line('INVALID_NAME').repeat(2),
    },
  ])('answers lines: $what', ({ stream, text }) => {
    expect(conversation(stream)).toStrictEqual({ text, closing: 'no' })
  })

  it.each([
    { what: 'on a line end', stream: 'Ada\n', text: 'Hello Ada\n' },
    { what: 'as the end of a line', stream: 'Ada\nBob', text: 'Hello Ada\nHello Bob\n' },
    { what: 'behind a CR', stream: 'Ada\r', text: 'Hello Ada\n' },
    { what: 'behind only a CR', stream: '\r', text: '' },
    { what: 'at once', stream: '', text: '' },
    { what: 'inside a character', stream: fromHex('41 c3'), text: line('INVALID_NAME') },
    { what: 'behind too much', stream: 'x'.repeat(12), text: line('NAME_TOO_LONG') },
    { what: 'behind what could have become HTTP', stream: 'GET ', text: 'Hello GET \n' },
  ])('takes the FIN $what', ({ stream, text }) => {
    expect(conversation(stream, { fin: true, maxName: 10 })).toStrictEqual({ text, closing: 'close' })
  })

  it('takes a zero-padded buffer as one name, and the next bytes as the next', () => {
    const buffer = new Uint8Array(1_024)
    buffer.set(utf8('Ada'))
    expect(conversation(buffer)).toStrictEqual({ text: 'Hello Ada\n', closing: 'no' })
    expect(conversation(concat(buffer, utf8(`${'x'.repeat(1_024)}\nBob\n`))).text).toBe(
      `Hello Ada\nHello ${'x'.repeat(1_024)}\nHello Bob\n`,
    )
  })

  it.each([
    { what: 'as long as allowed', name: 'x'.repeat(10), answer: `Hello ${'x'.repeat(10)}\n` },
    { what: 'as long as allowed, in bytes', name: 'é'.repeat(5), answer: 'Hello ééééé\n' },
    { what: 'one byte more', name: 'x'.repeat(11), answer: line('NAME_TOO_LONG') },
    { what: 'one byte more, in bytes', name: `${'é'.repeat(5)}a`, answer: line('NAME_TOO_LONG') },
    { what: 'too long and ill-formed', name: `${'x'.repeat(10)}\t`, answer: line('NAME_TOO_LONG') },
    { what: 'far too long', name: 'x'.repeat(100), answer: line('NAME_TOO_LONG') },
  ])('compares maxName with a line $what', ({ name, answer }) => {
    for (const end of ['\n', '\r\n', '\0', '\r\0']) {
      expect(conversation(`${name}${end}Bob${end}`, { maxName: 10 }).text).toBe(`${answer}Hello Bob\n`)
    }
  })

  it('judges a line that is too long at its end and not before', () => {
    const driver = greeting({ maxName: 10 }).receive(utf8('x'.repeat(5_000)))
    expect(driver.text).toBe('')
    expect(driver.receive(utf8('\n')).text).toBe(line('NAME_TOO_LONG'))
  })
})

describe('the guard of a TextConnection', () => {
  const FOREIGN = [
    'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    'OPTIONS * HTTP/1.1\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'ADA /x\n',
    'CONNECT example.org:443 HTTP/1.1\r\n',
    'CONNECT \n',
    '\u0016\u0003\u0001\u0002\u0000\u0001',
    '\u0016',
    '\n\r\n\0GET / HTTP/1.1\r\n',
  ]
  const NAMES = [
    'GE /x',
    'GET',
    'GET x',
    'get /',
    'GETGETGE /',
    'GET  /',
    'CONNECT',
    'CONNECTED',
    ' GET /',
    'Å /',
    'XGETTER/ ',
  ]

  it.each(FOREIGN)('refuses %j, and judges nothing behind it', (stream) => {
    expect(conversation(stream)).toStrictEqual(GUARDED)
    expect(conversation(`${stream}\nAda\nBob\n`)).toStrictEqual(GUARDED)
  })

  it.each(FOREIGN)('refuses %j whatever maxName is', (stream) => {
    expect(conversation(stream, { maxName: 1 })).toStrictEqual(GUARDED)
  })

  it.each([
    { start: 'GET /', decides: 5 },
    { start: 'OPTIONS *', decides: 9 },
    { start: 'CONNECT x', decides: 8 },
    { start: '\u0016\u0003', decides: 1 },
  ])('refuses "$start" at byte $decides', ({ start, decides }) => {
    expect(greeting().receive(utf8(start.slice(0, decides - 1))).text).toBe('')
    expect(greeting().receive(utf8(start.slice(0, decides))).text).toBe(GUARDED.text)
  })

  it.each(NAMES)('greets %j', (name) => {
    expect(conversation(`${name}\n`)).toStrictEqual({ text: `Hello ${name}\n`, closing: 'no' })
  })

  it('leaves every line behind the first alone, whatever the first was', () => {
    expect(conversation('Ada\nGET /\n\u0016\n').text).toBe(`Hello Ada\nHello GET /\n${line('INVALID_NAME')}`)
    expect(conversation('\t\nGET /\n').text).toBe(`${line('INVALID_NAME')}Hello GET /\n`)
    expect(conversation(`${'x'.repeat(20)}\nGET /\n`, { maxName: 10 }).text).toBe(
      `${line('NAME_TOO_LONG')}Hello GET /\n`,
    )
  })

  it('leaves the rest of a first line alone that is too long', () => {
    expect(conversation(`${'x'.repeat(20)}GET / \n`, { maxName: 10 }).text).toBe(line('NAME_TOO_LONG'))
  })

  it('lingers until the FIN', () => {
    const driver = greeting().receive(utf8('GET / HTTP/1.1\r\n\r\n'))
    expect(driver.receive(utf8('Ada\n')).text).toBe(GUARDED.text)
    expect(driver.connection).toMatchObject({ closing: 'half-close', wantsRead: true })
    expect(driver.end().connection.closing).toBe('close')
  })
})

describe('the replies of a TextConnection', () => {
  it('keep the order of the lines', () => {
    const driver = new TextDriver().receive(utf8('A\nB\n\t\nC\nD\n'))
    expect(driver.asked).toStrictEqual(['greet 1 A', 'greet 2 B', 'greet 4 C', 'greet 5 D'])
    expect(driver.reply([5, '5'], [2, '2']).text).toBe('')
    expect(driver.reply([1, '1']).text).toBe(`1\n2\n${line('INVALID_NAME')}`)
    expect(driver.reply([4, { code: 'THREAD_LOST' }]).text).toBe(
      `1\n2\n${line('INVALID_NAME')}${line('THREAD_LOST')}5\n`,
    )
  })

  it('ignore an answer that comes twice, or for no line', () => {
    const driver = new TextDriver().receive(utf8('A\nB\n'))
    driver.reply([2, 'first'], [2, 'second'], [3, 'no line'], [0, 'no line'])
    driver.reply([1, 'one'], [1, 'again'], [2, 'again'])
    expect(driver.receive(utf8('C\n')).text).toBe('one\nfirst\n')
  })

  it.each(['', 'Hello Ada', '!', '!x', ' ! x', 'é'.repeat(2_048), '\ufeff', '\u2028'])(
    'carry the greeting %j',
    (text) => {
      expect(answered(text)).toBe(`${text}\n`)
    },
  )

  it.each(['a\nb', '\0', 'a\r', '\u007f', '\u0085', '! NAME_TOO_LONG x', '! ', '\ud800', `${'x'.repeat(50)}\udc00`])(
    'refuse the greeting %j',
    (text) => {
      expect(answered(text)).toBe(line('GREETER_FAILED'))
    },
  )

  it.each(['x'.repeat(4_097), `${'é'.repeat(2_048)}a`, 'x'.repeat(1_000_000)])(
    'refuse a greeting over 4,096 bytes',
    (text) => {
      expect(answered(text)).toBe(line('GREETING_TOO_LONG'))
    },
  )

  it('carry a greeting of 4,096 bytes, also to a server whose maxPayload is larger', () => {
    const driver = new TextDriver({ maxPayload: 65_535 }).receive(utf8('Ada\nBob\n'))
    driver.reply([1, 'x'.repeat(4_096)], [2, 'x'.repeat(4_097)])
    expect(driver.text).toBe(`${'x'.repeat(4_096)}\n${line('GREETING_TOO_LONG')}`)
  })

  it.each(Object.keys(ERROR_CODES) as RequestErrorName[])('tell %s as one line', (code) => {
    expect(answered({ code, detail: 7 })).toMatch(new RegExp(`^! ${code} [^\\p{Cc}]+\n$`, 'u'))
  })
})
