import { Text, Uint16, Uint32 } from '../codec/fields.ts'
import { MAX_MESSAGE } from '../limits.ts'
import { defineProtocolMessage } from './define-message.ts'

/** ERROR, server to client: ends the request of its id, or with id 0 the connection. `message` is for people only. */
export const ErrorFrame = defineProtocolMessage({
  name: 'ERROR',
  type: 0x05,
  fields: { code: Uint16(), detail: Uint32(), message: Text({ maxBytes: MAX_MESSAGE, repair: true }) },
})
