import { describe, expect, it } from 'vitest'
import { byteCostOf } from '../bytes/allocations.ts'
import { concat, hello, name, utf8 } from '../raw-frames.ts'
import { ServerDriver } from './connection-driver.ts'
import { greeting } from './frame-words.ts'

const OPTIONS = { maxName: 65_535, maxPayload: 65_535 }

/** A driver whose greeter is known to put `prefix` in front of the name, which the connection may then do by itself. */
class PrefixDriver extends ServerDriver {
  readonly greetingPrefix: Uint8Array
  greetedByItself = 0

  constructor(prefix: string) {
    super(OPTIONS)
    this.greetingPrefix = utf8(prefix)
    this.onGreet = (_id, text) => prefix + text
  }

  greeted(count: number): void {
    this.greetedByItself += count
  }
}

/** Each way in which a greeting can come to be. */
const WAYS = {
  'brought later': (): ServerDriver => new ServerDriver(OPTIONS),
  'given at once': () => {
    const driver = new ServerDriver(OPTIONS)
    driver.onGreet = (_id, text) => text
    return driver
  },
  'made by the connection': () => new PrefixDriver(''),
} as const

describe('a greeting', () => {
  const texts = {
    ASCII: (bytes: number) => 'x'.repeat(bytes),
    'two-byte characters': (bytes: number) => 'x'.repeat(bytes % 2) + 'ë'.repeat((bytes - (bytes % 2)) / 2),
  }
  const limits = [
    { told: undefined, limit: 4_096 },
    { told: 4_096, limit: 4_096 },
    { told: 5_000, limit: 5_000 },
    { told: 65_535, limit: 65_535 },
  ]
  const cases = Object.keys(WAYS).flatMap((way) =>
    Object.keys(texts).flatMap((text) => limits.map((limit) => ({ way, text, ...limit }))),
  ) as { way: keyof typeof WAYS; text: keyof typeof texts; told: number | undefined; limit: number }[]

  it.each(cases)(
    'of $text, $way, may be $limit bytes long when the client told $told',
    ({ way, text, told, limit }) => {
      const greet = (length: number): string => {
        const driver = WAYS[way]()
        if (told !== undefined) driver.receive(hello({ maxPayload: told }))
        // The first NAME only opens the connection, so that the second is one of a row.
        driver.receive(name(1, 'Ada'))
        const asked = texts[text](length)
        // A NAME cannot be longer than 4,096 bytes without a HELLO; a greeting brought later can.
        if (way === 'brought later') driver.receive(name(2, 'Bob')).reply([2, asked])
        else driver.receive(name(2, asked))
        return driver.frames.at(-1) ?? ''
      }
      for (const length of [limit - 1, limit])
        expect(greet(length)).toBe(`GREETING 2 ${JSON.stringify(texts[text](length))}`)
      if (way !== 'brought later' && limit + 1 > (told === undefined ? 4_096 : 65_535)) return
      expect(greet(limit + 1)).toBe(`ERROR 2 GREETING_TOO_LONG ${limit}`)
    },
  )

  it('is held to the limit with what the greeter puts in front of the name', () => {
    const [fits, over] = [4_090, 4_091].map((length) => 'x'.repeat(length)) as [string, string]
    const driver = new PrefixDriver('Hello ').receive(name(1, 'Ada'), name(2, fits), name(3, over))
    expect(driver.frames.slice(1)).toStrictEqual([greeting(2, fits), 'ERROR 3 GREETING_TOO_LONG 4096'])
  })

  it('is counted for each NAME that the connection greets by itself', () => {
    const driver = new PrefixDriver('Hello ').receive(name(1, 'Ada'))
    const asked = driver.asked.length
    driver.receive(concat(name(2, 'Bob'), name(3, 'Zoë'), name(4, 'Eve'), name(5, 'Max')))
    expect(driver.frames).toStrictEqual([
      greeting(1, 'Ada'),
      greeting(2, 'Bob'),
      greeting(3, 'Zoë'),
      greeting(4, 'Eve'),
      greeting(5, 'Max'),
    ])
    expect(driver.greetedByItself + driver.asked.length).toBe(5)
    expect(driver.greetedByItself).toBe(3)
    expect(driver.asked.length - asked).toBe(1)
  })
})

describe('greetings made by the connection', () => {
  const names = Array.from({ length: 2_000 }, (_, index) => `name ${index + 1}`.slice(0, 5 + (index % 5)))

  it.each(['', 'Hi ', 'Hiya', 'Hello ', 'Good evening, '])('are right for any number of names behind %j', (prefix) => {
    const driver = new PrefixDriver(prefix).receive(name(1, 'Ada'))
    driver.receive(concat(...names.map((one, index) => name(index + 2, one))))
    const told = names.map((one, index) => `GREETING ${index + 2} ${JSON.stringify(prefix + one)}`)
    expect(driver.frames.slice(1)).toStrictEqual(told)
    expect(driver.greetedByItself).toBe(names.length)
  })

  it('leave the output of other connections alone when they outgrow their own memory', () => {
    const [growing, other] = [new PrefixDriver('Hello '), new PrefixDriver('Hello ')]
    for (const driver of [growing, other]) driver.receive(name(1, 'Ada'))
    growing.connection.receive(name(2, 'Bob'), 0)
    other.connection.receive(name(2, 'Eve'), 0)
    growing.connection.receive(concat(...names.map((one, index) => name(index + 3, one))), 0)
    for (const driver of [growing, other]) driver.reply()
    expect(other.frames).toStrictEqual([greeting(1, 'Ada'), greeting(2, 'Eve')])
    expect(growing.frames).toHaveLength(2 + names.length)
  })
})

function adas(firstId: number, count: number): Uint8Array {
  return concat(...Array.from({ length: count }, (_, index) => name(firstId + index, 'Ada')))
}

describe('a ServerConnection whose output gets full', () => {
  it('makes no more room for greetings that it may not write', () => {
    const { connection } = new PrefixDriver('Hello ').receive(name(1, 'Ada'))
    // As many greetings of 17 bytes as it takes, so that the next output begins with room for these and no more.
    connection.receive(adas(2, 3_856), 0)
    const filled = connection.takeOutput()!.length
    connection.outputAccepted(filled, 0)
    const more = adas(4_000, 6_000)
    const { largest } = byteCostOf(() => connection.receive(more, 0))
    expect(connection.takeOutput()).toHaveLength(filled)
    expect(largest).toBeLessThan(2 * filled)
  })
})

describe('the bytes that a ServerConnection keeps', () => {
  it('do not hold the large chunk of which they are the end', () => {
    const names = Array.from({ length: 1_000 }, (_, index) => name(index + 1, 'Ada'))
    const chunk = concat(...names, Uint8Array.of(0, 0, 3))
    const driver = new ServerDriver({ maxInFlight: 1_000 })
    const { copied, largest } = byteCostOf(() => {
      driver.connection.receive(chunk, 0)
    })
    expect(driver.asked).toHaveLength(1_000)
    expect({ copied, largest }).toStrictEqual({ copied: 3, largest: 6 })
  })
})
