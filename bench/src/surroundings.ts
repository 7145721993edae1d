/** What a figure means nothing without: when, where, which versions, which command. */

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'

/** Described in words. */
export interface Surroundings {
  readonly date: string
  readonly commit: string
  readonly machine: string
  readonly versions: string
  readonly command: string
  readonly loadAverage: string
}

const PEER_PACKAGES = [
  { name: '@grpc/grpc-js', text: 'grpc-js' },
  { name: 'ws', text: 'ws' },
  { name: 'nats', text: 'nats.js' },
  { name: 'piscina', text: 'piscina' },
]

/** Looks around. `script` is the script of package.json that runs. */
export function surroundings(script: 'bench' | 'bench:memory'): Surroundings {
  const all = cpus()
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: output('git', ['rev-parse', '--short', 'HEAD']),
    machine: `${all.length} cores (${all[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`,
    versions: [
      `Node ${process.version.slice(1)}`,
      output('bun', ['--version']).replace(/^(?=.)/, 'Bun '),
      output('gcc', ['--version']).split('\n')[0],
      /v=(\S+)/.exec(output('redis-server', ['--version']))?.[1]?.replace(/^/, 'Redis '),
      output('nats-server', ['--version']).replace('nats-server: v', 'NATS '),
      output('h2load', ['--version']).replace('h2load nghttp2/', 'h2load '),
      ...PEER_PACKAGES.map(({ name, text }) => packageVersion(name)?.replace(/^/, `${text} `)),
    ]
      .filter(Boolean)
      .join(', '),
    command: ['npm run', script, ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' '),
    loadAverage: loadavg()[0]?.toFixed(1) ?? '',
  }
}

function output(program: string, words: readonly string[]): string {
  try {
    return execFileSync(program, words, { encoding: 'utf8' }).trim()
  } catch {
    return ''
  }
}

/** The version of a package that the benchmark has, or undefined. */
function packageVersion(name: string): string | undefined {
  try {
    const manifest = readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')
    return (JSON.parse(manifest) as { version: string }).version
  } catch {
    return undefined
  }
}
