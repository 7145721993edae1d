import { defineProtocolMessage } from './define-message.ts'

/** PONG, server to client: answers the PING with the same id, behind everything that earlier frames caused. */
export const Pong = defineProtocolMessage({ name: 'PONG', type: 0x07, fields: {} })
