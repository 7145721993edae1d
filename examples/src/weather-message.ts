/**
 * A message of one's own: defined by its fields, written as a frame and read again from a stream that arrives in pieces.
 *
 * Its type is from the private range that a receiver must understand. A server that does not know it answers UNKNOWN_TYPE; a type
 * from 0xC0 would be skipped instead.
 *
 *   node examples/src/weather-message.ts
 */

import {
  BadPayload,
  decodePayload,
  defineMessage,
  encodeFrame,
  FrameDecoder,
  Text,
  Uint16,
  Uint8,
  Violation,
} from '@greetwire/protocol'

/** What a weather station reports. */
export const Weather = defineMessage({
  name: 'WEATHER',
  type: 0x40,
  fields: { station: Uint16(), humidityPercent: Uint8(), text: Text({ maxBytes: 200 }) },
})

const bytes = encodeFrame(Weather, { station: 7, humidityPercent: 81, text: 'Fog, then sun' }, 1)
console.log(Buffer.from(bytes).toString('hex'))

const decoder = new FrameDecoder()
for (const byte of bytes) {
  // As slow as a network can be: every byte on its own.
  decoder.push(Uint8Array.of(byte))
  const frame = decoder.next()
  if (frame === undefined) continue
  if (frame instanceof Violation) throw new Error(`Cannot read the stream: ${frame.code}`)
  const weather = decodePayload(Weather, frame.payload)
  if (weather instanceof BadPayload) throw new Error(`Cannot read WEATHER: field ${weather.field}`)
  console.log(`id ${frame.id}, station ${weather.station}, ${weather.humidityPercent} %: ${weather.text}`)
}
