import { describe, expect, it } from 'vitest'
import {
  DEFAULT_MAX_PAYLOAD,
  HEADER_BYTES,
  MAX_AGENT,
  MAX_MESSAGE,
  MAX_PAYLOAD_CAP,
  MAX_UINT32,
  SERVER_LIMIT_DEFAULTS,
  VERSIONS,
} from '../src/index.ts'
import { specTable } from './spec-document.ts'

/** The number at the front of a cell, such as "4,096 (lower: violation)". */
const numberOf = (cell: string | undefined): number => {
  if (cell?.startsWith('2^32−1')) return 2 ** 32 - 1
  return Number(/^[\d,]+/.exec(cell ?? '')?.[0].replaceAll(',', ''))
}

describe('limits', () => {
  const table = new Map(specTable('limits').map((row) => [row['limit'] as string, row]))

  it('are the five of the specification', () => {
    expect([...table.keys()]).toStrictEqual([
      "server's maxPayload",
      "client's maxPayload",
      'maxName (bytes)',
      'maxInFlight',
      'idleTimeoutMs',
    ])
  })

  it('have the specified defaults', () => {
    const defaults = Object.fromEntries([...table].map(([limit, row]) => [limit, numberOf(row['default'])]))
    expect(defaults).toStrictEqual({
      "server's maxPayload": SERVER_LIMIT_DEFAULTS.maxPayload,
      "client's maxPayload": DEFAULT_MAX_PAYLOAD,
      'maxName (bytes)': SERVER_LIMIT_DEFAULTS.maxName,
      maxInFlight: SERVER_LIMIT_DEFAULTS.maxInFlight,
      idleTimeoutMs: SERVER_LIMIT_DEFAULTS.idleTimeoutMs,
    })
  })

  it.each(["server's maxPayload", "client's maxPayload"])('give %s the specified floor and cap', (limit) => {
    const row = table.get(limit)
    expect({ floor: numberOf(row?.['floor']), cap: numberOf(row?.['cap']) }).toStrictEqual({
      floor: DEFAULT_MAX_PAYLOAD,
      cap: MAX_PAYLOAD_CAP,
    })
  })

  it.each(['maxInFlight', 'idleTimeoutMs'])('give %s the specified cap', (limit) => {
    expect(numberOf(table.get(limit)?.['cap'])).toBe(MAX_UINT32)
  })

  it('keep the first byte of every frame 0x00', () => {
    expect(MAX_PAYLOAD_CAP >>> 16).toBe(0)
  })

  it('hold for what has no row in the table', () => {
    expect({ HEADER_BYTES, MAX_AGENT, MAX_MESSAGE, VERSIONS }).toStrictEqual({
      HEADER_BYTES: 8,
      MAX_AGENT: 255,
      MAX_MESSAGE: 1_024,
      VERSIONS: { lowest: 1, highest: 1 },
    })
  })
})
