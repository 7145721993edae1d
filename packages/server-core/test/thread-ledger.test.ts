import { describe, expect, it } from 'vitest'
import { LEDGER_SLOTS, ThreadLedger } from '../src/thread-ledger.ts'

/** One ledger from its two sides. */
function sides() {
  const owner = new ThreadLedger()
  return { owner, thread: new ThreadLedger(owner.memory) }
}

describe('ThreadLedger', () => {
  it('gives a request either to the thread or back to its owner', () => {
    const { owner, thread } = sides()
    owner.queue(0)
    owner.queue(LEDGER_SLOTS - 1)
    expect(thread.start(0)).toBe(true)
    expect(owner.revoke(0)).toBe(false)
    expect(owner.revoke(LEDGER_SLOTS - 1)).toBe(true)
    expect(thread.start(LEDGER_SLOTS - 1)).toBe(false)
  })

  it('shows the owner what was started', () => {
    const { owner, thread } = sides()
    owner.queue(7)
    expect([owner.isQueued(7), owner.isRunning(7)]).toEqual([true, false])
    thread.start(7)
    expect([owner.isQueued(7), owner.isRunning(7)]).toEqual([false, true])
    thread.finish(7)
    expect([owner.isQueued(7), owner.isRunning(7)]).toEqual([false, false])
    expect(thread.start(7)).toBe(false)
  })

  it('beats by the timer and with each start', () => {
    const { owner, thread } = sides()
    thread.beat()
    owner.queue(1)
    thread.start(1)
    expect(owner.beats).toBe(2)
  })

  it('shows the owner what the thread counts', () => {
    const { owner, thread } = sides()
    thread.greeted(1)
    thread.greeted(1)
    thread.failed()
    expect([owner.greetedCount, owner.failedCount]).toEqual([2, 1])
  })
})
