/** Makes a message of a schema: its type number, its codec and its JSON Schema, from one description. */

import { compileCodec, type Payload, type PayloadCodec } from '../codec/compile-codec.ts'
import { UsageError } from '../codec/usage-error.ts'
import { GREASE_TYPES } from '../frames/frame-header.ts'
import { Type, type TObject, type TProperties } from '../schema.ts'

/** One kind of frame. */
export interface MessageDefinition<Name extends string = string, Fields extends TProperties = TProperties> {
  readonly name: Name
  /** The type byte of the header. */
  readonly type: number
  /** The TypeBox schema of the payload; it is a JSON Schema as it stands. */
  readonly schema: TObject<Fields>
  /** @internal */
  readonly codec: PayloadCodec<Fields>
}

/** The payload of a message as a plain object. */
export type MessageOf<Definition> = Definition extends MessageDefinition<string, infer Fields> ? Payload<Fields> : never

/** What describes a message. The integers of `fields` come first, in wire order; a text can only be last. */
export interface MessageDescription<Name extends string, Fields extends TProperties> {
  readonly name: Name
  readonly type: number
  readonly fields: Fields
}

/**
 * Defines a message of your own, with a type from a private-use range.
 *
 * 0x40–0x7F is private use that a receiver must understand, 0xC0–0xFF is private use that a receiver may skip (SPEC
 * "Versions and extension"). Throws UsageError for any other type, for grease, and for fields that no payload can have.
 */
export function defineMessage<const Name extends string, Fields extends TProperties>(
  description: MessageDescription<Name, Fields>,
): MessageDefinition<Name, Fields> {
  const { name, type } = description
  const isPrivate = Number.isInteger(type) && ((type >= 0x40 && type <= 0x7f) || (type >= 0xc0 && type <= 0xff))
  if (!isPrivate)
    throw new UsageError(`Cannot define ${name}: type is ${type}, private use is 0x40 to 0x7F and 0xC0 to 0xFF`)
  if (GREASE_TYPES.includes(type))
    throw new UsageError(`Cannot define ${name}: type is ${type}, which is grease and never has a meaning`)
  return defineProtocolMessage(description)
}

/** Defines a message of the protocol itself, with any type. @internal */
export function defineProtocolMessage<const Name extends string, Fields extends TProperties>({
  name,
  type,
  fields,
}: MessageDescription<Name, Fields>): MessageDefinition<Name, Fields> {
  const schema = Type.Object(fields, { $id: name, additionalProperties: false })
  return { name, type, schema, codec: compileCodec(name, fields) }
}
