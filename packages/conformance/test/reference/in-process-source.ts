/** The reference server inside this process: quick to start, without a pid. */
import { Unsupported } from '../../src/wire/failure.ts'
import type { ServerExit, ServerSource, ServerTarget } from '../../src/target/server-target.ts'
import type { Has } from './bugs.ts'
import { referenceFeatures, startReference, unknownOption } from './server.ts'

export function inProcessSource(has: Has): ServerSource {
  return {
    description: 'reference server',
    controlled: true,
    probe: () => Promise.resolve(),
    start: async (options): Promise<ServerTarget> => {
      const unknown = unknownOption(options)
      if (unknown !== undefined) throw new Unsupported(`the reference server lacks ${unknown}`)
      const server = await startReference(options, has)
      let gone = false
      const { promise: exited, resolve: leave } = Promise.withResolvers<ServerExit>()
      const end = (): void => {
        gone = true
        server.close()
        leave({ code: 0, signal: null })
      }
      let asked = false
      return {
        host: '127.0.0.1',
        port: server.port,
        ...(server.textPort === undefined ? {} : { textPort: server.textPort }),
        features: new Set(referenceFeatures),
        exited,
        alive: () => !gone,
        terminate: () => {
          if (asked) end()
          asked = true
          void server.drain().then(end)
        },
        kill: () => {
          end()
          return Promise.resolve()
        },
        errorOutput: () => '',
      }
    },
  }
}
