import { describe, expect, it } from 'vitest'
import { forEveryDelivery } from '../delivery.ts'
import { utf8 } from '../raw-frames.ts'
import { OPTIONS, type OptionsChange, TextDriver } from './connection-driver.ts'

const send = (text: string, options: OptionsChange = {}): TextDriver => new TextDriver(options).receive(utf8(text))
const TIMEOUT = '! TIMEOUT A frame was begun and not finished in time\n'
const INTERNAL = '! INTERNAL The server failed\n'
const SERVER_FULL = '! SERVER_FULL The server has as many connections as it takes\n'

describe('the places of a TextConnection', () => {
  it('stop it in front of the line that finds none, and take it when one is free', () => {
    const driver = send('A\nB\nC\nD\n', { maxInFlight: 2 })
    expect(driver.asked).toStrictEqual(['greet 1 A', 'greet 2 B'])
    expect(driver.connection.wantsRead).toBe(false)
    driver.reply([1, '1'])
    expect(driver.asked).toStrictEqual(['greet 1 A', 'greet 2 B', 'greet 3 C'])
    expect(driver.reply([2, '2'], [3, '3']).connection.wantsRead).toBe(true)
    expect(driver.reply([4, '4']).text).toBe('1\n2\n3\n4\n')
  })

  it('are occupied until the reply is written, also if it is ready before its turn', () => {
    const driver = send('A\nB\nC\n', { maxInFlight: 2 }).reply([2, '2'])
    expect(driver.asked).toHaveLength(2)
    expect(driver.reply([1, '1']).asked).toHaveLength(3)
  })

  it('are needed by a line that is invalid too', () => {
    const driver = send('A\n\t\nB\n', { maxInFlight: 1 })
    expect(driver.text).toBe('')
    expect(driver.reply([1, '1']).asked).toStrictEqual(['greet 1 A', 'greet 3 B'])
    expect(driver.text).toMatch(/^1\n! INVALID_NAME /)
  })

  it('give the same outcome however the lines are cut', () => {
    const text = forEveryDelivery(utf8('A\r\n\nBob\0C\nlast'), (chunks) => {
      const driver = new TextDriver({ maxInFlight: 1 }).receive(...chunks).end()
      for (let id = 1; id <= 4; id++) driver.reply([id, String(id)])
      expect(driver.connection.closing).toBe('close')
      return [driver.text, ...driver.asked]
    })
    expect(text).toStrictEqual(['1\n2\n3\n4\n', 'greet 1 A', 'greet 2 Bob', 'greet 3 C', 'greet 4 last'])
  })

  it('make the FIN wait behind the lines in front of it', () => {
    const driver = send('A\nB\nC', { maxInFlight: 1 }).end()
    expect(driver.reply([1, '1']).connection.closing).toBe('no')
    expect(driver.reply([2, '2']).connection.closing).toBe('no')
    expect(driver.asked).toStrictEqual(['greet 1 A', 'greet 2 B', 'greet 3 C'])
    expect(driver.reply([3, '3']).connection.closing).toBe('close')
    expect(driver.text).toBe('1\n2\n3\n')
  })
})

describe('the output of a TextConnection', () => {
  it('stops it at the high-water mark and lets it go on below', () => {
    const driver = new TextDriver({ maxInFlight: 1_000 })
    driver.onGreet = () => 'x'.repeat(4_095)
    driver.kernelRoom = 0
    driver.receive(utf8('A\n'.repeat(40)))
    expect(driver.asked).toHaveLength(16)
    expect(driver.connection.wantsRead).toBe(false)
    driver.end()
    expect(driver.kernelTakes(65_536).asked).toHaveLength(32)
    driver.kernelTakes(Infinity)
    expect(driver.asked).toHaveLength(40)
    expect(driver.output).toHaveLength(40 * 4_096)
    expect(driver.connection.closing).toBe('close')
  })
})

describe('the drain of a TextConnection', () => {
  it('writes nothing of its own, answers what was taken, discards what was not, and lingers', () => {
    const driver = send('A\nB\nC', { maxInFlight: 2 }).drain()
    expect(driver.text).toBe('')
    driver.receive(utf8('\nD\n'.repeat(100_000)))
    expect(driver.asked).toStrictEqual(['greet 1 A', 'greet 2 B'])
    expect(driver.reply([2, '2'], [1, '1']).text).toBe('1\n2\n')
    expect(driver.connection).toMatchObject({ closing: 'half-close', wantsRead: true })
    expect(driver.receive(utf8('E\n')).end().connection.closing).toBe('close')
    expect(driver.text).toBe('1\n2\n')
  })

  it('ends with a close if the FIN came before the last answer', () => {
    const driver = send('A\n').drain().end()
    expect(driver.reply([1, '1']).connection.closing).toBe('close')
    expect(driver.text).toBe('1\n')
  })

  it('resets what is left at the deadline', () => {
    const driver = send('A\n').drain(1_000)
    expect(driver.passUntil(999).connection.closing).toBe('no')
    expect(driver.passUntil(1_000).connection).toMatchObject({ closing: 'reset', deadline: Infinity })
    expect(driver.asked).toStrictEqual(['greet 1 A', 'abandon'])
  })

  it('closes at once in order when nothing is due', () => {
    expect(new TextDriver().drain().connection.closing).toBe('half-close')
    expect(send('A').drain().connection.closing).toBe('half-close')
  })

  it('changes nothing behind the FIN', () => {
    const driver = send('A\n').end().drain().reply([1, '1'])
    expect(driver.text).toBe('1\n')
    expect(driver.connection.closing).toBe('close')
  })
})

describe('a failure of the server on a TextConnection', () => {
  it.each([
    { code: 'SERVER_FULL', text: SERVER_FULL },
    { code: 'INTERNAL', text: INTERNAL },
  ] as const)('is told by $code and a FIN', ({ code, text }) => {
    const driver = new TextDriver().fail(code)
    expect(driver.text).toBe(text)
    expect(driver.connection.closing).toBe('half-close')
    expect(driver.receive(utf8('A\n')).end().text).toBe(text)
    expect(driver.connection.closing).toBe('close')
  })

  it('abandons what is in flight, forgets answers that waited for their turn', () => {
    const driver = send('A\nB\n').reply([2, '2']).fail('INTERNAL').reply([1, '1'])
    expect(driver.asked).toStrictEqual(['greet 1 A', 'greet 2 B', 'abandon'])
    expect(driver.text).toBe(INTERNAL)
  })

  it('takes the place of an error that was due, and comes once', () => {
    const guarded = send('A\nB').passUntil(OPTIONS.frameTimeoutMs)
    expect(guarded.text).toBe('')
    expect(guarded.fail('INTERNAL').fail('INTERNAL').text).toBe(INTERNAL)
  })

  it('comes behind the FIN too, and closes', () => {
    const driver = send('A\n').end().fail('INTERNAL')
    expect(driver.text).toBe(INTERNAL)
    expect(driver.connection.closing).toBe('close')
  })

  it('ignores a reset connection', () => {
    const driver = send('A\n').reset()
    expect(driver.fail('INTERNAL').receive(utf8('B\n')).reply([1, '1']).drain().end().text).toBe('')
    expect(driver.asked).toStrictEqual(['greet 1 A', 'abandon'])
    expect(driver.connection).toMatchObject({ closing: 'close', deadline: Infinity })
  })
})

describe('the timers of a TextConnection', () => {
  it('give a line that is begun its time, and not more for every byte', () => {
    const driver = send('A\nB')
    for (let now = 1_000; now < 10_000; now += 1_000) driver.passUntil(now).receive(utf8('b'))
    expect(driver.connection.deadline).toBe(10_000)
    expect(driver.passUntil(9_999).text).toBe('')
    // The line in front is answered first.
    expect(driver.passUntil(10_000).text).toBe('')
    expect(driver.receive(utf8('\n')).reply([1, '1']).text).toBe(`1\n${TIMEOUT}`)
    expect(driver.connection.closing).toBe('half-close')
  })

  it('give the next line a time of its own', () => {
    const driver = send('A').passUntil(6_000).receive(utf8('\nB')).reply([1, '1'])
    expect(driver.connection.deadline).toBe(16_000)
    expect(driver.passUntil(15_999).text).toBe('1\n')
    expect(driver.passUntil(16_000).text).toBe(`1\n${TIMEOUT}`)
  })

  it('hold for a line that is too long to be kept', () => {
    const driver = send('x'.repeat(5_000))
    expect(driver.connection.deadline).toBe(10_000)
    expect(driver.passUntil(10_000).text).toBe(TIMEOUT)
  })

  it('stand still while no place is free, and start anew with one', () => {
    const driver = send('A\nB', { maxInFlight: 1 }).passUntil(50_000)
    expect(driver.text).toBe('')
    expect(driver.reply([1, '1']).connection.deadline).toBe(60_000)
    expect(driver.passUntil(60_000).text).toBe(`1\n${TIMEOUT}`)
  })

  it('say nothing to an idle connection, and half-close it', () => {
    const driver = send('A\n').passUntil(400_000).reply([1, '1'])
    expect(driver.connection.deadline).toBe(700_000)
    // An empty line counts.
    driver.passUntil(500_000).receive(utf8('\n'))
    expect(driver.passUntil(799_999).connection.closing).toBe('no')
    expect(driver.passUntil(800_000).connection.closing).toBe('half-close')
    expect(driver.text).toBe('1\n')
    expect(driver.passUntil(804_999).connection.closing).toBe('half-close')
    expect(driver.passUntil(805_000).connection.closing).toBe('close')
  })

  it('end a connection that is old, once its lines are answered', () => {
    const driver = send('A\n', { maxAgeMs: 1_000 }).passUntil(1_000).receive(utf8('B\n'))
    expect(driver.asked).toStrictEqual(['greet 1 A'])
    expect(driver.connection.deadline).toBe(1_000 + OPTIONS.drainTimeoutMs)
    expect(driver.reply([1, '1']).connection.closing).toBe('half-close')
  })

  it('reset a client that does not read', () => {
    const driver = new TextDriver()
    driver.kernelRoom = 0
    driver.receive(utf8('A\n')).reply([1, '1'])
    expect(driver.connection.deadline).toBe(20_000)
    driver.passUntil(15_000).kernelTakes(1)
    expect(driver.passUntil(34_999).connection.closing).toBe('no')
    expect(driver.passUntil(35_000).connection.closing).toBe('reset')
  })
})
