/** Turns the options of `greet serve` into those of a server: files are read, what only the command line needs is left out. */

import { readFile } from 'node:fs/promises'
import type { ServeOptions, ServerOptions } from '@greetwire/server-core'
import { CommandError } from '../exit-codes.ts'
import { quotedText } from '../printable-text.ts'
import { readGreeterOption } from './greeter-option.ts'
import { DEFAULT_TEXT_PORT, type ServeCommandOptions } from './serve-schema.ts'

/** The options for `serve`. Throws CommandError for a file that cannot be read. */
export async function serverOptions(options: ServeCommandOptions): Promise<ServeOptions> {
  const { runtime: _runtime, greeter, text, textPort: givenTextPort, json: _json, verbose: _verbose, ...rest } = options
  const { tlsKey, tlsCert, tlsCa, tlsRequestCert, threads, unix, ...plain } = rest
  const tls = await tlsOptions({ tlsKey, tlsCert, tlsCa, tlsRequestCert })
  // It has neither TLS nor the permissions of a socket path: beside those it is opened for those who ask for it.
  const textPort = givenTextPort ?? (tls || unix !== undefined ? undefined : DEFAULT_TEXT_PORT)
  return {
    ...plain,
    ...(threads !== undefined && { threads }),
    ...(unix !== undefined && { unix }),
    ...(text && textPort !== undefined && { textPort }),
    ...(tls && { tls }),
    ...(greeter !== undefined && { greeter: await readGreeterOption(greeter) }),
  }
}

type TlsFlags = Record<'tlsKey' | 'tlsCert' | 'tlsCa', string | undefined> & { readonly tlsRequestCert: boolean }

async function tlsOptions({ tlsKey, tlsCert, tlsCa, tlsRequestCert }: TlsFlags): Promise<ServerOptions['tls']> {
  // Without these a server that was to check its clients would serve everyone, and some without TLS.
  if (tlsCa !== undefined && !tlsRequestCert) {
    throw new CommandError(
      'usage',
      'Cannot use TLS: --tls-ca needs --tls-request-cert, without which no client is checked',
    )
  }
  if (tlsKey === undefined && tlsCert === undefined) {
    if (tlsRequestCert)
      throw new CommandError('usage', 'Cannot use TLS: --tls-request-cert needs --tls-key and --tls-cert')
    return undefined
  }
  if (tlsKey === undefined || tlsCert === undefined) {
    throw new CommandError(
      'usage',
      'Cannot use TLS: --tls-key and --tls-cert belong together, and one of them is missing',
    )
  }
  return {
    key: await readPem('--tls-key', tlsKey),
    cert: await readPem('--tls-cert', tlsCert),
    ...(tlsCa !== undefined && { ca: await readPem('--tls-ca', tlsCa) }),
    ...(tlsRequestCert && { requestCert: true }),
  }
}

async function readPem(flag: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new CommandError('usage', `Cannot read ${flag} ${quotedText(path)}: ${(error as Error).message}`, {
      cause: error,
    })
  }
}
