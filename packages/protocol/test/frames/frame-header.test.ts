import { describe, expect, it } from 'vitest'
import { FrameCursor } from '../../src/frames/frame-cursor.ts'
import { writeHeader, writeHeaderWords } from '../../src/frames/frame-header.ts'
import { toHex } from '../hex.ts'

describe('writeHeader', () => {
  it('writes eight bytes, most significant first, and nothing beside them', () => {
    const bytes = new Uint8Array(12).fill(0xee)
    writeHeader(bytes, 2, 0x01_02_03, 0x04, 0x05_06_07_08)
    expect(toHex(bytes)).toBe('ee ee 01 02 03 04 05 06 07 08 ee ee')
  })

  it.each([0, 1, 0xff, 0x100, 0x01_02_03])('writes the same through a view with length %i', (length) => {
    for (const id of [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
      const [bytes, words] = [new Uint8Array(12), new Uint8Array(12)]
      writeHeader(bytes, 2, length, 0xfa, id)
      writeHeaderWords(new DataView(words.buffer), 2, length, 0xfa, id)
      expect(words).toEqual(bytes)
    }
  })

  it.each([0, 1, 0xff, 0x100, 0xfffe, 0xffff])('is read back by the cursor with length %i', (length) => {
    for (const id of [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
      const bytes = new Uint8Array(8)
      writeHeader(bytes, 0, length, 0xfa, id)
      const cursor = new FrameCursor()
      cursor.kept.append(bytes)
      expect(cursor.look(0xffff)).toBe(length === 0 ? 'whole' : 'header')
      expect(cursor).toMatchObject({ length, type: 0xfa, id })
    }
  })
})
