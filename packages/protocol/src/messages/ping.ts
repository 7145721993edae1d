import { defineProtocolMessage } from './define-message.ts'

/** PING, client to server: asks for a PONG with the same id, which may be any value. Legal as the very first frame. */
export const Ping = defineProtocolMessage({ name: 'PING', type: 0x06, fields: {} })
