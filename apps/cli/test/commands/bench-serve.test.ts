import { readFile, rm, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { run } from '../../src/run.ts'
import { MemoryIo } from '../memory-io.ts'

const LOAD = ['-c', '2', '-d', '4', '-n', '200', '-z', '10s', '--warmup', '0']

it('measures servers of both runtimes in turn, saves every round and compares them', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'greet-bench-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const saved = path.join(folder, 'both.json')
  const io = new MemoryIo()
  const words = ['bench', '--serve', 'node,bun', '--rounds', '2', ...LOAD, '--save', saved, '--json']
  expect(await run(words, io)).toBe(0)
  expect(io.stdout.events).toMatchObject([
    { event: 'result', round: 1, runtime: 'node' },
    { event: 'result', round: 1, runtime: 'bun' },
    { event: 'result', round: 2, runtime: 'node' },
    { event: 'result', round: 2, runtime: 'bun' },
    { event: 'comparison', of: 'bun', with: 'node' },
  ])
  const { results } = JSON.parse(await readFile(saved, 'utf8')) as { results: { runtime: string; agent: string }[] }
  expect(results.map(({ runtime }) => runtime)).toEqual(['node', 'bun', 'node', 'bun'])
})

it('tells the share of each thread, and the spread of several rounds', async () => {
  const io = new MemoryIo()
  expect(await run(['bench', '--serve', 'node', '--rounds', '2', ...LOAD], io)).toBe(0)
  expect(io.stdout.text).toMatch(
    /^2 rounds: \[[\d,]+ … [\d,]+\]\/s, p99 \[.* … .*\]; this is the one with the middle rate$/m,
  )
  const shares = [...io.stdout.text.matchAll(/^ {2}thread \d: ([\d.]+) % of the greetings$/gm)].map(([, share]) =>
    Number(share),
  )
  expect(Math.round(shares.reduce((sum, share) => sum + share, 0))).toBe(100)
})
