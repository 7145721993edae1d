/** Servers that an adapter starts, and adapters that refuse. */
import { describe, expect, it } from 'vitest'
import { STARTS_WITHIN_MS } from '../src/target/child.ts'
import { commandSource } from '../src/target/command-source.ts'
import { Unsupported } from '../src/wire/failure.ts'

function adapter(source: string): string[] {
  return [process.execPath, '-e', `process.stdin.on("data", () => { ${source} })`]
}

const options = { lingerMs: 5, tls: { keyFile: '/key', certFile: '/cert' } }

describe('an adapter that exits with 89', () => {
  it('is said to lack one of its options, each by its whole name', async () => {
    const starting = commandSource(adapter('process.exit(89)'), STARTS_WITHIN_MS).start(options)
    await expect(starting).rejects.toThrow(Unsupported)
    await expect(starting).rejects.toThrow(/^the adapter lacks one of: lingerMs, tls\.keyFile, tls\.certFile$/)
  })

  it('is quoted when it says which', async () => {
    const says = 'console.error("starting\\nno TLS without libssl"); process.exit(89)'
    const starting = commandSource(adapter(says), STARTS_WITHIN_MS).start(options)
    await expect(starting).rejects.toThrow('tls.certFile; it says "no TLS without libssl"')
  })
})
