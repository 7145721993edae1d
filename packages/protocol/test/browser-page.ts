/**
 * A page that greets itself: what a browser runs, bundled and run by browser.test.ts. Leaves what it saw in the global `seen`, as JSON.
 */

import {
  type Answer,
  ClientConnection,
  decodePayload,
  defineMessage,
  encodeFrame,
  FrameDecoder,
  Greeting,
  Name,
  SERVER_LIMIT_DEFAULTS,
  ServerConnection,
  Text,
  TextConnection,
  Uint8,
} from '../src/index.ts'

const seen: string[] = []
const note = (...words: readonly unknown[]): unknown => seen.push(words.join(' '))

const Mood = defineMessage({ name: 'MOOD', type: 0x40, fields: { strength: Uint8(), note: Text() } })
const decoder = new FrameDecoder()
decoder.push(encodeFrame(Mood, { strength: 7, note: 'glad 😀' }, 3))
const frame = decoder.next()
if (frame && 'payload' in frame) note('MOOD', frame.id, JSON.stringify(decodePayload(Mood, frame.payload)))
note('NAME', JSON.stringify(Name.schema.properties), Greeting.type)

const options = {
  ...SERVER_LIMIT_DEFAULTS,
  frameTimeoutMs: 10_000,
  stallTimeoutMs: 20_000,
  lingerTimeoutMs: 5_000,
  drainTimeoutMs: 30_000,
  maxAgeMs: 0,
  agent: 'page',
}
const greeter = {
  greet: (_id: number, name: string): Answer => (name === 'Eve' ? { code: 'GREETER_FAILED' } : `Hello ${name}`),
  cancel: (): undefined => {},
  abandon: (): void => {},
}

const server = new ServerConnection(options, greeter, 0)
const client = new ClientConnection(
  { agent: 'page' },
  {
    welcome: ({ agent }) => note('welcome', agent),
    greeting: (id, greeting) => note('greeting', id, greeting),
    failed: (id, { name }) => note('failed', id, name),
    lost: (id, executed) => note('lost', id, executed),
    pong: (id) => note('pong', id),
    goodbye: ({ name }) => note('goodbye', name),
  },
)

/** Carries bytes both ways until none are left. */
function exchange(): void {
  for (;;) {
    const up = client.takeOutput()
    if (up) client.outputAccepted(up.length)
    if (up) server.receive(up, 0)
    const down = server.takeOutput()
    if (down) server.outputAccepted(down.length, 0)
    if (down) client.receive(down)
    if (!up && !down) return
  }
}

for (const name of ['Ada', 'Zoë 😀, a name too long for the short loops', 'Eve']) client.greet(name)
client.ping(9)
exchange()
server.drain('SHUTTING_DOWN', 0, 60_000)
exchange()
note(client.state, client.closing, server.state, server.closing)

const lines = new TextConnection(options, greeter, 0)
lines.receive(Uint8Array.of(0x41, 0x64, 0x61, 0x0a), 0)
note(String.fromCharCode(...(lines.takeOutput() ?? [])).trim())
;(globalThis as unknown as { seen: string }).seen = JSON.stringify(seen)
