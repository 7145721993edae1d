/** The wire log of one connection, as failures print it. */
import { describe, expect, it } from 'vitest'
import { encodeFrame, FrameType, greeting, name, pong } from '../src/wire/frame.ts'
import { WireLog } from '../src/wire/wire-log.ts'

/** The lines of a log, without their times. */
function linesOf(log: WireLog): string[] {
  return log.lines().map((line) => line.replace(/^ *[\d.]+ ms /, ''))
}

describe('the wire log', () => {
  it('prints bytes as they came, and a frame when it is whole', () => {
    const log = new WireLog('c')
    log.bytes('suite', name(1, 'Ada'))
    log.bytes('peer', greeting(1, 'Hi').subarray(0, 9))
    log.bytes('peer', greeting(1, 'Hi').subarray(9))
    expect(linesOf(log)).toEqual([
      '> 00 00 03 03 00 00 00 01 41 64 61',
      '            NAME id=1 "Ada"',
      '< 00 00 02 04 00 00 00 01 48',
      '< 69',
      '            GREETING id=1 "Hi"',
    ])
  })

  it('says how much of a frame came when the rest did not', () => {
    const log = new WireLog('c')
    log.bytes('peer', greeting(1, 'Hello').subarray(0, 10))
    expect(linesOf(log)).toEqual([
      '< 00 00 05 04 00 00 00 01 48 65',
      '            the peer inside a frame: 10 of 13 bytes of GREETING id=1',
    ])
  })

  it('says that what follows bytes it did not keep may begin inside a frame, and reads no frames there', () => {
    const log = new WireLog('c')
    const large = encodeFrame(FrameType.GREETING, 1, Buffer.alloc(60_000, 0x48))
    log.bytes('suite', pong(1))
    log.bytes('peer', large.subarray(0, 40_000))
    log.bytes('peer', large.subarray(40_000, 40_020))
    log.bytes('suite', pong(2))
    expect(linesOf(log)).toEqual([
      '> 00 00 00 07 00 00 00 01',
      '            PONG id=1',
      `< 00 ea 60 04 00 00 00 01 ${'48 '.repeat(40).trim()} … (64 bytes)`,
      '< … 39,936 bytes not kept; what follows may begin inside a frame',
      `< ${'48 '.repeat(20).trim()}`,
      '> 00 00 00 07 00 00 00 02',
      '            PONG id=2',
    ])
  })

  it('reads no frames behind a header that no frame has', () => {
    const log = new WireLog('c')
    log.bytes('peer', pong(1))
    log.bytes('peer', Buffer.from('HTTP/1.1 400'))
    log.bytes('peer', pong(2))
    expect(linesOf(log)).toEqual([
      '< 00 00 00 07 00 00 00 01',
      '            PONG id=1',
      '< 48 54 54 50 2f 31 2e 31 20 34 30 30',
      '            a header that announces 4,740,180 bytes of type 0x50, limit 65,535',
      '< 00 00 00 07 00 00 00 02',
    ])
  })

  it('keeps the beginning of what is too much, and counts the rest', () => {
    const log = new WireLog('c')
    log.bytes('peer', Buffer.alloc(40_000, 0x48))
    const beginning = `< ${'48 '.repeat(48).trim()} … (64 bytes)`
    expect(linesOf(log)).toEqual([
      beginning,
      '            a header that announces 4,737,096 bytes of type 0x48, limit 65,535',
      '… 39,936 more bytes from the peer',
    ])
  })
})
