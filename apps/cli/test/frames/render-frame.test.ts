import { describe, expect, it } from 'vitest'
import { renderFrame } from '../../src/frames/render-frame.ts'

const rendered = (hex: string, from?: 'client' | 'server'): string[] =>
  renderFrame(Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')), { from })

describe('renderFrame', () => {
  it('writes every field of a NAME with its offset, bytes and value', () => {
    expect(rendered('000003 03 00000007 416461')).toEqual([
      'NAME, id 7, client to server, 3 bytes of payload',
      '  0000  00 00 03                 length         3',
      '  0003  03                       type           0x03 NAME',
      '  0004  00 00 00 07              id             7',
      '  0008  41 64 61                 name           "Ada"',
    ])
  })

  it('names an error code and breaks a long text into lines of eight bytes', () => {
    expect(rendered('000013 05 00000001 0102 00000400 74686973 206973206c6f6e67')).toEqual([
      'ERROR, id 1, server to client, 19 bytes of payload',
      '  0000  00 00 13                 length         19',
      '  0003  05                       type           0x05 ERROR',
      '  0004  00 00 00 01              id             1',
      '  0008  01 02                    code           0x0102 NAME_TOO_LONG',
      '  000a  00 00 04 00              detail         1024',
      '  000e  74 68 69 73 20 69 73 20  message        "this is long"',
      '  0016  6c 6f 6e 67',
    ])
  })

  it('writes a WELCOME by the fields of its definition', () => {
    expect(rendered('000012 02 00000000 0001 0400 00001000 00000100 000493e0 6777')).toEqual([
      'WELCOME, id 0, server to client, 18 bytes of payload',
      '  0000  00 00 12                 length         18',
      '  0003  02                       type           0x02 WELCOME',
      '  0004  00 00 00 00              id             0',
      '  0008  00 01                    version        1',
      '  000a  04 00                    maxName        1024',
      '  000c  00 00 10 00              maxPayload     4096',
      '  0010  00 00 01 00              maxInFlight    256',
      '  0014  00 04 93 e0              idleTimeoutMs  300000',
      '  0018  67 77                    agent          "gw"',
    ])
  })

  it('shows a violation under the field that broke the rule', () => {
    expect(rendered('00000d 01 00000001 0001 0001 00001000 6772656574')).toEqual([
      'HELLO, id 1, client to server, 13 bytes of payload',
      '  0000  00 00 0d                 length         13',
      '  0003  01                       type           0x01 HELLO',
      '  0004  00 00 00 01              id             1',
      '        ^ violation: PROTOCOL_VIOLATION: HELLO has id 0',
      '  0008  00 01                    minVersion     1',
      '  000a  00 01                    maxVersion     1',
      '  000c  00 00 10 00              maxPayload     4096',
      '  0010  67 72 65 65 74           agent          "greet"',
    ])
  })

  it('tells a request that is refused from a violation', () => {
    expect(rendered('000001 03 00000005 07').slice(-2)).toEqual([
      '  0008  07                       name           ill-formed',
      '        ^ refused: INVALID_NAME: not well-formed UTF-8, or a control character',
    ])
  })

  it('escapes what a terminal would obey', () => {
    // U+001B and U+202E: an ANSI sequence and a right-to-left override.
    expect(rendered('000007 04 00000001 1b5b326ae280ae').slice(-1)).toEqual([
      String.raw`  0008  1b 5b 32 6a e2 80 ae     greeting       "\x1b[2j\u{202e}"`,
    ])
  })

  it('shows the payload of a frame that this protocol does not define', () => {
    expect(rendered('000002 8a 00000000 beef')).toEqual([
      'GREASE, id 0, 2 bytes of payload',
      '  0000  00 00 02                 length         2',
      '  0003  8a                       type           0x8A GREASE',
      '  0004  00 00 00 00              id             0',
      '  0008  be ef                    payload        2 bytes',
    ])
  })

  it('reports a frame from the side that must not send it', () => {
    expect(rendered('000000 06 00000000', 'server')).toContain(
      '        ^ violation: PROTOCOL_VIOLATION: a server must not send PING',
    )
  })
})
