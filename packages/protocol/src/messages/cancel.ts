import { defineProtocolMessage } from './define-message.ts'

/** CANCEL, client to server: asks to give up the request of its id. */
export const Cancel = defineProtocolMessage({ name: 'CANCEL', type: 0x08, fields: {} })
