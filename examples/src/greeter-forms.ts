/**
 * The three forms of a greeter, each greeting once: by address, as an object, and inline.
 *
 *   node examples/src/greeter-forms.ts      (or bun)
 */

import { connect } from '@greetwire/client'

// The two servers differ in nothing but their name.
const { serve } = await ('Bun' in globalThis ? import('@greetwire/server-bun') : import('@greetwire/server-node'))

const greeters = {
  'a function, by module and export': { module: new URL('greeter.ts', import.meta.url), export: 'greet' },
  'an object or class with greet(name)': new URL('polite-greeter.ts', import.meta.url),
  // Its source goes to the threads, so it must not use anything outside itself.
  'a function given inline': (name: string): string => `Hi ${name}`,
}

for (const [form, greeter] of Object.entries(greeters)) {
  await using server = await serve({ port: 0, threads: 2, greeter })
  await using client = await connect(server.address)
  console.log(`${form}: ${await client.greet('Ada')}`)
}
