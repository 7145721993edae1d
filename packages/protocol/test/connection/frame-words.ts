/** Puts the frames of a server into words, so that a test compares short lines. */

import {
  BadPayload,
  decodePayload,
  ErrorFrame,
  errorName,
  FrameDecoder,
  Goodbye,
  goodbyeReason,
  Greeting,
  messageOfType,
  Violation,
  Welcome,
} from '../../src/index.ts'

/** Every frame in words: `PONG 1`, `GREETING 2 "Hello Ada"`, `ERROR 0 UNKNOWN_TYPE 0`. Throws if the bytes are not whole frames. */
export function describeFrames(bytes: Uint8Array): string[] {
  const decoder = new FrameDecoder({ maxPayload: 65_535 })
  decoder.push(bytes)
  const frames: string[] = []
  for (let frame = decoder.next(); frame; frame = decoder.next()) {
    if (frame instanceof Violation) throw new Error(`The output breaks the rules: ${frame.code}`)
    frames.push(describeFrame(frame.type, frame.id, frame.payload))
  }
  if (decoder.begun) throw new Error('The output ends inside a frame')
  return frames
}

function describeFrame(type: number, id: number, payload: Uint8Array): string {
  const words = [messageOfType(type)?.name, id]
  if (type === Greeting.type)
    return [...words, JSON.stringify(legal(decodePayload(Greeting, payload)).greeting)].join(' ')
  if (type === ErrorFrame.type) {
    const { code, detail } = legal(decodePayload(ErrorFrame, payload))
    return [...words, errorName(code), detail].join(' ')
  }
  if (type === Goodbye.type) return [...words, goodbyeReason(legal(decodePayload(Goodbye, payload)).reason)].join(' ')
  if (type === Welcome.type) return [...words, JSON.stringify(legal(decodePayload(Welcome, payload)))].join(' ')
  return words.join(' ')
}

function legal<Message>(message: Message | BadPayload): Message {
  if (message instanceof BadPayload) throw new Error(`The output holds a bad ${message.field}: ${message.reason}`)
  return message
}

/** The words of an ERROR with id 0. */
export function fatal(code: string, detail = 0): string {
  return `ERROR 0 ${code} ${detail}`
}

/** The words of the default greeting for a name. */
export function greeting(id: number, name: string | number = id): string {
  return `GREETING ${id} ${JSON.stringify(`Hello ${name}`)}`
}
