/**
 * Says what is wrong with one frame by itself: its header, then the values of its fields. What depends on frames before it, such as
 * the order of ids, is not judged here.
 */

import {
  BadPayload,
  CLIENT_MESSAGES,
  DEFAULT_MAX_PAYLOAD,
  type ErrorName,
  errorScope,
  MAX_PAYLOAD_CAP,
  type MessageDefinition,
  VERSIONS,
} from '@greetwire/protocol'
import type { PayloadLayout } from './frame-layout.ts'

/** Who sends a frame. */
export type Sender = 'client' | 'server'

/** What is wrong with a frame, and where. */
export interface FrameProblem {
  /** The error that answers it. A request error, such as INVALID_NAME, is no violation: the connection goes on. */
  readonly code: ErrorName
  /** The field of the frame that broke a rule. */
  readonly field: string
  readonly message: string
}

/** Who sends this kind of frame. */
export function senderOf(definition: Pick<MessageDefinition, 'type'>): Sender {
  return CLIENT_MESSAGES.some(({ type }) => type === definition.type) ? 'client' : 'server'
}

/** The first rule that the header of a known frame breaks; `from` is who sent it, if that is known. */
export function headerProblem(
  definition: MessageDefinition,
  { minLength, maxLength }: PayloadLayout,
  { id, length }: { readonly id: number; readonly length: number },
  from: Sender | undefined,
): FrameProblem | undefined {
  const { name } = definition
  if (from && from !== senderOf(definition)) return violation('type', `a ${from} must not send ${name}`)
  if (length < minLength || length > maxLength) {
    const allowed = minLength === maxLength ? `${minLength}` : `${minLength} to ${maxLength}`
    return violation('length', `${name} has ${allowed} bytes of payload`)
  }
  if (CONNECTION_FRAMES.has(name) && id !== 0) return violation('id', `${name} has id 0`)
  if (REQUEST_FRAMES.has(name) && id === 0) return violation('id', `${name} has an id above 0`)
  return undefined
}

/** The first rule that a decoded payload breaks. */
export function payloadProblem(
  name: string,
  id: number,
  payload: Readonly<Record<string, unknown>> | BadPayload,
): FrameProblem | undefined {
  if (payload instanceof BadPayload) {
    if (name === 'NAME')
      return { code: 'INVALID_NAME', field: payload.field, message: 'not well-formed UTF-8, or a control character' }
    return violation(payload.field, 'not well-formed UTF-8, or a control character')
  }
  if (name === 'NAME' && payload['name'] === '')
    return { code: 'INVALID_NAME', field: 'name', message: 'a name is not empty' }
  if (name === 'ERROR') return errorProblem(id, payload as { code: number })
  return VALUE_RULES[name]?.(payload as Record<string, number>)
}

/** Makes a violation. */
export function violation(field: string, message: string): FrameProblem {
  return { code: 'PROTOCOL_VIOLATION', field, message }
}

function errorProblem(id: number, { code }: { code: number }): FrameProblem | undefined {
  if (errorScope(code) === (id === 0 ? 'connection' : 'request')) return undefined
  return violation(
    'code',
    id === 0 ? 'with id 0 a code is one of a connection' : 'with this id a code is one of a request',
  )
}

const CONNECTION_FRAMES = new Set(['HELLO', 'WELCOME'])
const REQUEST_FRAMES = new Set(['NAME', 'GREETING', 'CANCEL'])

const VALUE_RULES: Record<string, (fields: Record<string, number>) => FrameProblem | undefined> = {
  HELLO({ minVersion = 0, maxVersion = 0, maxPayload = 0 }) {
    if (minVersion === 0) return violation('minVersion', 'versions begin at 1')
    if (minVersion > maxVersion) return violation('maxVersion', `below minVersion ${minVersion}`)
    if (minVersion > VERSIONS.highest || maxVersion < VERSIONS.lowest) {
      return {
        code: 'UNSUPPORTED_VERSION',
        field: 'minVersion',
        message: `served are ${VERSIONS.lowest} to ${VERSIONS.highest}`,
      }
    }
    return maxPayload < DEFAULT_MAX_PAYLOAD ? violation('maxPayload', `at least ${DEFAULT_MAX_PAYLOAD}`) : undefined
  },
  WELCOME({ version = 0, maxName = 0, maxPayload = 0, maxInFlight = 0 }) {
    if (version < VERSIONS.lowest || version > VERSIONS.highest)
      return violation('version', 'not a version of the HELLO')
    if (maxName < 1 || maxName > maxPayload) return violation('maxName', 'from 1 to maxPayload')
    if (maxPayload < DEFAULT_MAX_PAYLOAD || maxPayload > MAX_PAYLOAD_CAP) {
      return violation('maxPayload', `from ${DEFAULT_MAX_PAYLOAD} to ${MAX_PAYLOAD_CAP}`)
    }
    return maxInFlight < 1 ? violation('maxInFlight', 'at least 1') : undefined
  },
}
