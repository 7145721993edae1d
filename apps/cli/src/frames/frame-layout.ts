/** Derives from the definition of a message where each field of its payload lies, for tools that show bytes. */

import type { MessageDefinition } from '@greetwire/protocol'

/** One field of a payload. */
export interface FieldLayout {
  readonly name: string
  /** Its size in bytes; a text runs to the end of the frame instead. */
  readonly width: number | 'rest'
  /** The most bytes it can have. */
  readonly maxBytes: number
}

/** Where the fields of a payload lie, and how long the payload can be. */
export interface PayloadLayout {
  readonly fields: readonly FieldLayout[]
  readonly minLength: number
  readonly maxLength: number
}

/** The layout of a message's payload, in wire order. */
export function payloadLayout({ schema }: Pick<MessageDefinition, 'schema'>): PayloadLayout {
  const fields = Object.entries(schema.properties).map(([name, property]): FieldLayout => {
    if (property['type'] === 'string') return { name, width: 'rest', maxBytes: property['maxBytes'] as number }
    // An integer has exactly the bytes that its highest value needs.
    const width = Math.ceil(Math.log2((property['maximum'] as number) + 1) / 8)
    return { name, width, maxBytes: width }
  })
  return {
    fields,
    minLength: fields.reduce((sum, { width }) => sum + (width === 'rest' ? 0 : width), 0),
    maxLength: fields.reduce((sum, { maxBytes }) => sum + maxBytes, 0),
  }
}
