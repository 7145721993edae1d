import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

it('starts threads also in a module that is given on the command line', async () => {
  const program = `
    import { serve } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)}
    await using server = await serve({ port: 0, threads: 1 })
    console.log(server.stats().threadsReady)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program])
  expect(stdout).toBe('1\n')
})
