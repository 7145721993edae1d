/** One connection to the plain text port: lines in, lines out. Wraps a `RawPeer`, which keeps the log and the socket. */
import { CaseFailure, TimedOut } from './failure.ts'
import type { RawPeer } from './raw-peer.ts'

export class TextPeer {
  readonly peer: RawPeer
  #text: Buffer = Buffer.alloc(0)
  #wake: (() => void) | undefined

  constructor(peer: RawPeer) {
    this.peer = peer
    peer.foreign = true
    peer.socket.on('data', (chunk: Buffer) => {
      this.#text = Buffer.concat([this.#text, chunk])
      this.#wake?.()
    })
    peer.socket.on('end', () => this.#wake?.())
    peer.socket.on('close', () => this.#wake?.())
  }

  /** Bytes that no line has taken yet. */
  get rest(): string {
    return this.#text.toString('utf8')
  }

  send(...texts: (string | Uint8Array)[]): void {
    this.peer.send(...texts.map((text) => Buffer.from(text as string)))
  }

  /** The next line without its LF, or how the connection ended. */
  async lineOrEnd(): Promise<string | { readonly end: 'fin' | 'reset' }> {
    const deadline = performance.now() + this.peer.reactionMs
    for (;;) {
      const at = this.#text.indexOf(0x0a)
      if (at >= 0) {
        const line = this.#text.subarray(0, at).toString('utf8')
        this.#text = this.#text.subarray(at + 1)
        return line
      }
      if (this.peer.ended !== undefined) return { end: this.peer.ended }
      const left = deadline - performance.now()
      if (left <= 0) throw new TimedOut(`expected a line, got nothing within ${Math.round(this.peer.reactionMs)} ms`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** Expects exactly this line. */
  async expectLine(line: string): Promise<void> {
    const got = await this.lineOrEnd()
    if (got !== line) throw new CaseFailure(`expected the line ${brief(line)}, got ${brief(got)}`)
  }

  /** Expects an error line with this code and a message. */
  async expectErrorLine(code: string): Promise<string> {
    const got = await this.lineOrEnd()
    if (typeof got === 'string' && got.startsWith(`! ${code} `) && got.length > code.length + 3) return got
    throw new CaseFailure(`expected an error line "! ${code} message", got ${brief(got)}`)
  }

  /** Expects FIN and nothing before it. */
  async expectFin(): Promise<void> {
    const got = await this.lineOrEnd()
    if (typeof got !== 'string' && got.end === 'fin' && this.#text.length === 0) return
    throw new CaseFailure(`expected FIN, got ${JSON.stringify(got)} and ${JSON.stringify(this.rest)}`)
  }
}

function brief(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 120 ? `${text.slice(0, 117)}… (${text.length} characters)` : text
}
