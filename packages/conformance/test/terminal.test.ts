/** What a terminal is shown while a run goes on. */
import { describe, expect, it } from 'vitest'
import { ProgressBar } from '../src/report/terminal.ts'

/** A bar on an output that keeps what is written. */
function barOn(output: { isTTY?: boolean; columns?: number }): { bar: ProgressBar; written: string[] } {
  const written: string[] = []
  return { bar: new ProgressBar({ ...output, write: (text) => written.push(text) }), written }
}

describe('the progress bar', () => {
  it('shows how much is done, over what it showed before', () => {
    const { bar, written } = barOn({ isTTY: true })
    bar.update(4, 8, 'grt.exact')
    expect(written).toEqual([`\r\u001b[2K[${'='.repeat(15)}${' '.repeat(15)}] 4/8 grt.exact`])
  })

  it('always shows the last execution, and others not more often than an eye can follow', () => {
    const { bar, written } = barOn({ isTTY: true })
    for (let done = 1; done <= 1_000; done += 1) bar.update(done, 1_000, 'fast')
    expect(written.length).toBeLessThan(1_000)
    expect(written.at(-1)).toContain('1000/1000 fast')
  })

  it('stays within one line', () => {
    const { bar, written } = barOn({ isTTY: true, columns: 40 })
    bar.update(8, 8, 'x'.repeat(100))
    expect(written[0]!.replace('\r\u001b[2K', '')).toHaveLength(39)
  })

  it('is wiped away in the end', () => {
    const { bar, written } = barOn({ isTTY: true })
    bar.clear()
    expect(written).toEqual(['\r\u001b[2K'])
  })

  it('is not drawn where there is no terminal', () => {
    const { bar, written } = barOn({})
    bar.update(8, 8, 'grt.exact')
    bar.clear()
    expect(written).toEqual([])
  })
})
