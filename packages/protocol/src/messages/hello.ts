import { Text, Uint16, Uint32 } from '../codec/fields.ts'
import { MAX_AGENT } from '../limits.ts'
import { defineProtocolMessage } from './define-message.ts'

/** HELLO, client to server, id 0: the versions and the payload limit of the client. Optional, once, before the first NAME. */
export const Hello = defineProtocolMessage({
  name: 'HELLO',
  type: 0x01,
  fields: { minVersion: Uint16(), maxVersion: Uint16(), maxPayload: Uint32(), agent: Text({ maxBytes: MAX_AGENT }) },
})
