import { Text } from '../codec/fields.ts'
import { defineProtocolMessage } from './define-message.ts'

/** NAME, client to server: a request to greet `name`; the id of the request is in the header. */
export const Name = defineProtocolMessage({ name: 'NAME', type: 0x03, fields: { name: Text() } })

/** The codec of the name itself. @internal */
export const nameText = Name.codec.text as NonNullable<typeof Name.codec.text>
