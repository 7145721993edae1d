import { describe, expect, it } from 'vitest'
import { hello, name } from '../raw-frames.ts'
import { ServerDriver } from './connection-driver.ts'

describe('NAMEs in a row', () => {
  it('are held to the payload limit in force where maxName is above it', () => {
    const options = { maxName: 8_000, maxPayload: 9_000 }
    const long = name(2, 'x'.repeat(5_000))
    const without = new ServerDriver(options).receive(name(1, 'Ada'), long)
    expect(without.asked).toEqual(['greet 1 Ada'])
    expect(without.standing.state).toBe('FAILING')

    const told = new ServerDriver(options).receive(hello({ maxPayload: 65_535 }), name(1, 'Ada'), long)
    expect(told.asked).toHaveLength(2)
  })
})
