/** The suite against itself: its client talks to its server, each in every way that is unusual and right. */
import { describe, expect, it } from 'vitest'
import { benignVariants, type BenignVariant } from './reference/bugs.ts'
import { benignClientVariants, type BenignClientVariant } from './reference/client-bugs.ts'
import { RetryingClient } from './reference/retrying-client.ts'
import { startReference } from './reference/server.ts'

const servers: readonly (BenignVariant | 'as usual')[] = ['as usual', ...benignVariants]
const clients: readonly (BenignClientVariant | 'as usual')[] = ['as usual', ...benignClientVariants]

/** Names that fit the lowest limits, more than fit one place. */
const names = 'abcdefghijklmnopqrstuvwxyz'.split('')

describe.each(servers)('the server %s', (server) => {
  it.each(clients)('greets the client %s', async (variant) => {
    const target = await startReference({}, (trait) => trait === server)
    const client = new RetryingClient('127.0.0.1', target.port, {}, (trait) => trait === variant)
    try {
      const { signal } = new AbortController()
      const greetings = await Promise.all(
        names.map((name) => client.greet({ command: 'greet', connection: 'c1', name }, signal)),
      )
      expect(greetings).toEqual(names.map((name) => `Hello ${name}`))
      await (await client.connect()).ping(5_000)
      const given = AbortSignal.abort()
      await expect(client.greet({ command: 'greet', connection: 'c1', name: 'x' }, given)).rejects.toThrow('cancelled')
      await client.close()
      // Settles when the server, too, is done with its last connection.
      await target.drain()
    } finally {
      client.destroy()
      target.close()
    }
  })
})
