/** The catalogue of the server role with TLS below it. */
import { certificateFiles } from '../target/certificates.ts'
import type { ServerCase } from './server-bench.ts'

/** The same cases, each asking for a server that speaks TLS; those of the text port, which has none, and of TLS are as before. */
export function insideTls(cases: readonly ServerCase[]): ServerCase[] {
  const { keyFile, certFile } = certificateFiles()
  return cases.map((one) => {
    const { needs = [], options } = one
    if (needs.includes('text') || needs.includes('tls')) return one
    return { ...one, needs: [...needs, 'process', 'tls'], options: { ...options, tls: { keyFile, certFile } } }
  })
}
