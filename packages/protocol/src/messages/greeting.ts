import { Text } from '../codec/fields.ts'
import { defineProtocolMessage } from './define-message.ts'

/** GREETING, server to client: the answer to the NAME with the same id. It may hold any well-formed text, also none. */
export const Greeting = defineProtocolMessage({
  name: 'GREETING',
  type: 0x04,
  fields: { greeting: Text({ controls: true }) },
})
