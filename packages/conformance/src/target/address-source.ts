/** A server that somebody else runs, reached by its address only: no options, no restarts, no look inside. */
import { UsageError } from '../usage-error.ts'
import { Unsupported } from '../wire/failure.ts'
import type { ServerOptions, ServerSource, ServerTarget } from './server-target.ts'

/** Makes a source from `host:port` or `tcp://host:port`; throws on anything else. */
export function addressSource(address: string): ServerSource {
  const { host, port } = parseAddress(address)
  return {
    description: `${host}:${port}`,
    controlled: false,
    start: (options: ServerOptions): Promise<ServerTarget> => {
      const asked = Object.keys(options)
      if (asked.length > 0)
        return Promise.reject(
          new Unsupported(`needs a server started with ${asked.join(', ')}; give a command instead of an address`),
        )
      return Promise.resolve({
        host,
        port,
        features: new Set<string>(),
        exited: new Promise<never>(() => undefined),
        alive: () => true,
        terminate: () => undefined,
        kill: () => Promise.resolve(),
        errorOutput: () => '',
      })
    },
    probe: () => Promise.resolve(),
  }
}

function parseAddress(address: string): { host: string; port: number } {
  const match = /^(?:tcp:\/\/)?(\[[0-9a-f:]+\]|[^:/\s]+):(\d{1,5})\/?$/i.exec(address)
  const port = Number(match?.[2])
  if (!match || port < 1 || port > 65_535) {
    throw new UsageError(
      `Cannot use target "${address}": expected host:port, such as 127.0.0.1:4356, or -- and a command`,
    )
  }
  return { host: match[1]!.replaceAll(/[[\]]/g, ''), port }
}
