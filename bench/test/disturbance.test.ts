import { describe, expect, it } from 'vitest'
import { busySeconds } from '../src/disturbance.ts'

describe('busySeconds', () => {
  const stat = [
    'cpu  900 0 0 0 0 0 0 0 0 0',
    'cpu0 100 200 300 5000 6000 10 20 30 0 0',
    'cpu1 1 0 0 0 0 0 0 0 0 0',
    '',
  ].join('\n')

  it('counts processes, interrupts and what the host took, and not what was idle', () => {
    expect(busySeconds(stat, ['0'])).toBe(6.6)
  })

  it('adds the cores asked for', () => {
    expect(busySeconds(stat, ['0', '1'])).toBe(6.61)
  })
})
