import { Text, Uint16 } from '../codec/fields.ts'
import { MAX_MESSAGE } from '../limits.ts'
import { defineProtocolMessage } from './define-message.ts'

/** GOODBYE, server to client: no NAME above the id in the header was or will be executed on this connection. */
export const Goodbye = defineProtocolMessage({
  name: 'GOODBYE',
  type: 0x09,
  fields: { reason: Uint16(), message: Text({ maxBytes: MAX_MESSAGE, repair: true }) },
})
