/** Where a server is: `tcp://host:port`, `host:port`, `tls://host:port` or `unix:///path`. */

import { UsageError } from '@greetwire/protocol'

/** The port a target has when it names none: H-E-L-O on a phone keypad. */
export const DEFAULT_PORT = 4_356

/** A parsed target. `text` is how messages name it. */
export type Target =
  | { readonly kind: 'tcp' | 'tls'; readonly host: string; readonly port: number; readonly text: string }
  | { readonly kind: 'unix'; readonly path: string; readonly text: string }

/** Parses a target. A missing scheme means tcp, a missing port 4356; an IPv6 host stands in brackets, its zone with it. */
export function parseTarget(target: string): Target {
  if (typeof target !== 'string') throw refused(String(target), 'a target is a string')
  const [, scheme = 'tcp', rest = ''] = /^(?:([a-z]+):\/\/)?(.*)$/i.exec(target) ?? []
  const kind = scheme.toLowerCase()
  if (kind === 'unix') {
    if (!rest.startsWith('/'))
      throw refused(target, 'a unix target needs an absolute path, as in "unix:///run/greet.sock"')
    return { kind, path: rest, text: `unix://${rest}` }
  }
  if (kind !== 'tcp' && kind !== 'tls') throw refused(target, `the scheme "${scheme}" is not tcp, tls or unix`)
  const parts = /^(?:\[([0-9a-f:.]+(?:%[^\]\s]+)?)\]|([^:/[\]\s]+))(?::(\d+))?\/?$/i.exec(rest)
  const host = parts?.[1] ?? parts?.[2]
  const port = Number(parts?.[3] ?? DEFAULT_PORT)
  if (host === undefined || port < 1 || port > 65_535)
    throw refused(target, 'use "tcp://host:port", "host:port", "tls://host:port" or "unix:///path"')
  return { kind, host, port, text: `${kind}://${host.includes(':') ? `[${host}]` : host}:${port}` }
}

function refused(target: string, why: string): UsageError {
  return new UsageError(`Cannot connect to "${target}": ${why}`)
}
