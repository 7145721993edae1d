/** The single list of the protocol's messages; types, directions and JSON Schemas derive from it. */

import { Cancel } from './cancel.ts'
import type { MessageDefinition, MessageOf } from './define-message.ts'
import { ErrorFrame } from './error.ts'
import { Goodbye } from './goodbye.ts'
import { Greeting } from './greeting.ts'
import { Hello } from './hello.ts'
import { Name } from './name.ts'
import { Ping } from './ping.ts'
import { Pong } from './pong.ts'
import { Welcome } from './welcome.ts'

/** The messages a client sends. */
export const CLIENT_MESSAGES = [Hello, Name, Ping, Cancel] as const

/** The messages a server sends. */
export const SERVER_MESSAGES = [Welcome, Greeting, ErrorFrame, Pong, Goodbye] as const

/** Every message of the protocol. */
export const MESSAGES = [...CLIENT_MESSAGES, ...SERVER_MESSAGES] as const

/** Any message of the protocol: the name of its frame and its fields. */
export type Message = {
  [Definition in (typeof MESSAGES)[number] as Definition['name']]: {
    frame: Definition['name']
    fields: MessageOf<Definition>
  }
}[(typeof MESSAGES)[number]['name']]

const byType = new Map<number, MessageDefinition>(
  MESSAGES.map((definition) => [definition.type, definition as unknown as MessageDefinition]),
)

/** The message of the protocol with this type, or undefined. */
export function messageOfType(type: number): MessageDefinition | undefined {
  return byType.get(type)
}

/** Every message as a JSON Schema, keyed by the name of its frame, for documentation and other tools. */
export function messageJsonSchemas(): Record<string, unknown> {
  return Object.fromEntries(MESSAGES.map(({ name, schema }) => [name, JSON.parse(JSON.stringify(schema)) as unknown]))
}
