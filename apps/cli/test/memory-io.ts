/** A world of memory for commands that run in the test's own process. */

import { type Io, type Output, OutputClosed } from '../src/io.ts'

/** What a test gives and sees of one run. */
export class MemoryIo implements Io {
  readonly stdin: AsyncIterable<Uint8Array>
  readonly stdout: MemoryOutput = new MemoryOutput()
  readonly stderr: MemoryOutput = new MemoryOutput()
  readonly environment: Record<string, string>
  readonly interruption: AbortController = new AbortController()
  readonly pid: number = 123
  readonly runtimeBinary: string = process.execPath
  /** The time that `now` tells. */
  time = 0

  constructor(
    given: {
      stdin?: Iterable<string | Uint8Array> | AsyncIterable<Uint8Array>
      environment?: Record<string, string>
    } = {},
  ) {
    this.stdin = chunks(given.stdin ?? [])
    this.environment = given.environment ?? {}
  }

  get interrupted(): AbortSignal {
    return this.interruption.signal
  }

  now(): number {
    return this.time
  }

  delegate(): Promise<number> {
    throw new Error('no test in this process starts another runtime')
  }
}

/** Keeps what was written. */
export class MemoryOutput implements Output {
  isTerminal = false
  text = ''
  /** How many more writes succeed before the reader is gone. */
  writesLeft = Infinity

  async write(text: string): Promise<void> {
    if (this.writesLeft-- <= 0) throw new OutputClosed('closed')
    this.text += text
  }

  /** The lines of `--json`. */
  get events(): Record<string, unknown>[] {
    return this.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1)
  }
}

async function* chunks(given: Iterable<string | Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of given) yield typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk
}
