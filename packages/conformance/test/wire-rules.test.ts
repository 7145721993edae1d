/** The rules that every case checks, in cases that are about something else. */
import { describe, expect, it } from 'vitest'
import { judgeServer } from './reference/judge-mutant.ts'

describe('a server that breaks a rule of every case', () => {
  it('fails in a case that judges a SHOULD, whatever that case finds itself', async () => {
    const cases = ['png.overtakes', 'con.fairness']
    const results = await judgeServer(['pong-wrong-id'], { run: cases, strict: false, timeoutScale: 0.2 })
    expect(results.map(({ id, verdict, message }) => `${id} ${verdict} ${message}`)).toEqual([
      expect.stringMatching(/^con\.fairness FAIL .*a PONG that is not the answer to the oldest PING/),
      expect.stringMatching(/^png\.overtakes FAIL .*a PONG that is not the answer to the oldest PING/),
    ])
  })
})
