import { Text, Uint16, Uint32 } from '../codec/fields.ts'
import { MAX_AGENT } from '../limits.ts'
import { defineProtocolMessage } from './define-message.ts'

/** WELCOME, server to client, id 0: the answer to HELLO with the version in use and the limits of the server. */
export const Welcome = defineProtocolMessage({
  name: 'WELCOME',
  type: 0x02,
  fields: {
    version: Uint16(),
    maxName: Uint16(),
    maxPayload: Uint32(),
    maxInFlight: Uint32(),
    idleTimeoutMs: Uint32(),
    agent: Text({ maxBytes: MAX_AGENT, repair: true }),
  },
})
