import { describe, expect, it } from 'vitest'
import { checkCpu, rotate } from '../src/rotation.ts'
import { runningRow } from './measurements.ts'

describe('checkCpu', () => {
  it('accepts what the cores of a server have, and the error of the clock', () => {
    expect(() => checkCpu({ cores: 1 }, { serverCpu: 1.02 })).not.toThrow()
    expect(() => checkCpu({ cores: 2 }, { serverCpu: 2.04 })).not.toThrow()
  })

  it('throws when a server used more, or nothing at all', () => {
    expect(() => checkCpu({ cores: 1 }, { serverCpu: 1.03 })).toThrow('it cannot have used 1.03 of 1 cores')
    expect(() => checkCpu({ cores: 1 }, { serverCpu: 0 })).toThrow('it cannot have used 0.00 of 1 cores')
  })
})

function onlyA(name: string): number {
  if (name !== 'a') throw new Error('it died')
  return 1
}

// What others take of the cores is read from /proc.
describe.skipIf(process.platform !== 'linux')('rotate', () => {
  it('leaves out a row that fails, and says why', async () => {
    const lines: string[] = []
    const cores = { server: '0', load: '1' }
    const rows = ['a', 'b'].map((name) => runningRow(name, onlyA))
    const results = await rotate(rows, {}, 2, cores, (line) => void lines.push(line))
    expect(Object.entries(results).map(([name, measured]) => [name, measured.length])).toEqual([['a', 2]])
    expect(lines).toEqual(['skipped b: Error: it died'])
  })
})
