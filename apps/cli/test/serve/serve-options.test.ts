import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import type { ServeOptions } from '@greetwire/server-core'
import { parseOptions } from '../../src/parse-options.ts'
import { serverOptions } from '../../src/serve/serve-options.ts'
import { SERVE_SCHEMA } from '../../src/serve/serve-schema.ts'

const pem = (file: string): string =>
  fileURLToPath(new URL(`../../../../packages/server-core/test/suite/certificates/${file}`, import.meta.url))
const TLS = ['--tls-key', pem('server.key'), '--tls-cert', pem('server.pem')]

function read(args: readonly string[], environment: Record<string, string> = {}): Promise<ServeOptions> {
  return serverOptions(parseOptions(SERVE_SCHEMA, args, environment, 'greet serve').options)
}

it.each([
  [4_357, [], {}],
  [1, ['--text-port', '1'], {}],
  [undefined, ['--no-text'], {}],
  [undefined, TLS, {}],
  [undefined, ['--unix', '/tmp/greet.sock'], {}],
  [0, [...TLS, '--text-port', '0'], {}],
  [2, ['--unix', '/tmp/greet.sock'], { GREETWIRE_TEXT_PORT: '2' }],
  [undefined, ['--no-text', '--text-port', '1'], {}],
])('opens the text port %s for the arguments %j and the environment %j', async (port, args, environment) => {
  expect((await read(args, environment)).textPort).toBe(port)
})
