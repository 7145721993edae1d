/** What a client's connection tells its owner: outcomes of requests, and news of the connection. */

import type { ErrorName, GoodbyeReason } from '../error-codes.ts'
import type { MessageOf } from '../messages/define-message.ts'
import type { Welcome } from '../messages/welcome.ts'
import type { ServerViolationCode } from './client-transitions.ts'

/** What a WELCOME told: the version in use, the limits of the server, its agent text. */
export type ServerInfo = MessageOf<typeof Welcome>

/** An ERROR frame. `name` is undefined for a code that this version does not know; its class still holds. */
export interface ReceivedError {
  readonly code: number
  readonly name: ErrorName | undefined
  readonly detail: number
  /** A text for people, repaired where it was illegal; never match on it. */
  readonly message: string
}

/** A GOODBYE frame: no NAME above `last` was or will be executed on this connection. */
export interface ReceivedGoodbye {
  readonly last: number
  readonly reason: number
  readonly name: GoodbyeReason | undefined
  readonly message: string
}

/** How the server broke the protocol. It is only for local reports; a client sends nothing about it (R-9.6-2). */
export interface ServerViolation {
  readonly code: ServerViolationCode
  /** The limit in bytes for PAYLOAD_TOO_LARGE, else 0. */
  readonly detail: number
  readonly message: string
}

/**
 * Why a request got no answer on this connection.
 * - `error`: an ERROR with id 0. - `goodbye`: a GOODBYE below the request's id. - `violation`: the server broke the protocol.
 * - `fin`: the server closed. - `reset`: the transport failed. - `closed`: we closed.
 */
export type ConnectionEnd =
  | { readonly why: 'error'; readonly error: ReceivedError }
  | { readonly why: 'goodbye'; readonly goodbye: ReceivedGoodbye }
  | ({ readonly why: 'violation' } & ServerViolation)
  | { readonly why: 'fin' | 'reset' | 'closed' }

/** Whether the server ran the greeter for a request without an answer: `never` is certain, `maybe` is all that can be known. */
export type Executed = 'never' | 'maybe'

/**
 * Where a ClientConnection delivers. Each request that is not cancelled gets exactly one of `greeting`, `failed` and `lost`.
 *
 * A handler may send from within these calls; it must not call `receive`.
 */
export interface ClientHandler {
  greeting(id: number, greeting: string): void
  /** The server answered with an ERROR. */
  failed(id: number, error: ReceivedError): void
  /** The connection will not answer any more. */
  lost(id: number, executed: Executed, end: ConnectionEnd): void
  /** The oldest PING was answered. */
  pong(id: number): void
  welcome(server: ServerInfo): void
  goodbye(goodbye: ReceivedGoodbye): void
}
