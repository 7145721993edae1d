/** The plain text port of the reference server: a line in, a line out, in order. */
import type { Socket } from 'node:net'
import type { CodeName } from '../../src/wire/frame.ts'
import type { Has } from './bugs.ts'
import type { Greeted, Greeter } from './greeter.ts'
import { readName } from './name-text.ts'
import type { ReferenceOptions } from './server.ts'

export function serveText(
  socket: Socket,
  options: ReferenceOptions,
  has: Has,
  greeter: Greeter,
  sockets: Set<Socket>,
): void {
  sockets.add(socket)
  const answers: (string | undefined)[] = []
  let kept: Buffer = Buffer.alloc(0)
  let written = 0
  let ended = false
  let first = true

  const write = (): void => {
    if (
      has('text-answers-out-of-order') &&
      answers.length - written > 1 &&
      answers.every((answer) => answer !== undefined)
    )
      answers.reverse()
    while (answers[written] !== undefined && socket.writable) socket.write(`${answers[written++]}\n`)
    if (ended && written === answers.length) socket.end()
  }
  const refuse = (index: number, code: CodeName): void => {
    answers[index] = `! ${code} ${code === 'NAME_TOO_LONG' ? 'the name is too long' : 'not a name'}`
  }
  const judge = (line: Buffer): void => {
    const index = answers.length
    answers.push(undefined)
    const verdict = readName(line, options.maxName, has, new TextDecoder())
    if ('code' in verdict) return refuse(index, verdict.code)
    greeter(verdict.name, (greeted: Greeted) => {
      const bad = greeted === 'failed' || /^! |[\u0000-\u001f\u007f-\u009f]/.test(greeted.text)
      answers[index] = bad ? '! GREETER_FAILED the greeter failed' : greeted.text
      setImmediate(write)
    })
  }
  const foreign = (): boolean => {
    if (!first || has('text-http-ok')) return false
    if (kept[0] === 0x16) return true
    return /^(?:[A-Z]{3,7} [/*]|CONNECT )/.test(kept.toString('latin1').replace(/^[\r\n\0]+/, ''))
  }
  const lines = (): void => {
    if (ended) return
    if (foreign()) {
      answers.push('! PROTOCOL_VIOLATION not an HTTP or TLS port')
      ended = true
      return
    }
    for (;;) {
      const end = kept.findIndex((byte) => byte === 0x0a || (byte === 0 && !has('text-no-nul')))
      if (end < 0) return
      const cr = end > 0 && kept[end - 1] === 0x0d
      const line = kept.subarray(0, cr ? end - 1 : end)
      kept = kept.subarray(end + 1)
      if (line.length === 0 && !has('text-empty-line')) continue
      first = false
      judge(line)
    }
  }
  socket.on('data', (chunk: Buffer) => {
    if (has('text-crlf-split') && chunk[0] === 0x0a && kept.at(-1) === 0x0d)
      kept = Buffer.concat([kept, Buffer.from('?')])
    kept = Buffer.concat([kept, chunk])
    lines()
    write()
  })
  socket.on('end', () => {
    if (!ended && kept.length > 0) {
      const line = kept.at(-1) === 0x0d ? kept.subarray(0, -1) : kept
      if (line.length > 0) judge(line)
    }
    ended = true
    write()
  })
  socket.on('error', () => undefined)
  socket.on('close', () => sockets.delete(socket))
}
