import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sharedPortFinding } from '../../src/doctor/runtime-findings.ts'
import { BINARIES } from '../greet-process.ts'

async function probeOf(source: string): Promise<URL> {
  const parent = await mkdtemp(join(tmpdir(), 'greet-'))
  onTestFinished(() => rm(parent, { recursive: true }))
  const folder = join(parent, 'a folder')
  await mkdir(folder)
  await writeFile(join(folder, 'probe.mjs'), source)
  return pathToFileURL(join(folder, 'probe.mjs'))
}

describe.each(['node', 'bun'] as const)('sharedPortFinding of %s', (runtime) => {
  it('runs the probe wherever it lies', async () => {
    const finding = await sharedPortFinding(runtime, BINARIES[runtime], await probeOf(''))
    expect(finding).toMatchObject({ check: `SO_REUSEPORT on ${runtime}`, status: 'ok' })
  })

  it('quotes the error of the probe', async () => {
    const probe = await probeOf("\n\nthrow new TypeError('the port is taken')\n")
    const { status, advice } = await sharedPortFinding(runtime, BINARIES[runtime], probe)
    expect(status).toBe('note')
    expect(advice).toBe('use --threading pool, which auto does by itself (TypeError: the port is taken)')
  })
})
