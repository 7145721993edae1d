/** Runs `greet` in this process. The only file that touches it: arguments, streams, signals, exit code. */

import { type Io, type Output, OutputClosed } from './io.ts'
import { run } from './run.ts'

/**
 * Signals within this time of the first one are the same wish: npm passes Ctrl-C on to a program that got it from the terminal too.
 */
const SAME_WISH_MS = 250
const INTERRUPTED = 130

const interruption = new AbortController()
let firstSignal: number | undefined

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    const now = performance.now()
    if (firstSignal !== undefined && now - firstSignal >= SAME_WISH_MS) process.exit(INTERRUPTED)
    firstSignal ??= now
    interruption.abort()
  })
}
// A parent that opened a channel to us and is gone cannot stop us any more.
process.once('disconnect', () => interruption.abort())

const io: Io = {
  stdin: process.stdin,
  stdout: outputOf(process.stdout),
  stderr: outputOf(process.stderr),
  environment: process.env,
  interrupted: interruption.signal,
  now: () => performance.now(),
}

const exitCode = await run(process.argv.slice(2), io)
// What is still running, such as a read from stdin, is not waited for; what was written is.
await Promise.allSettled([io.stdout.write(''), io.stderr.write('')])
process.exit(exitCode)

function outputOf(stream: NodeJS.WriteStream): Output {
  // Every failure also reaches the callback of the write that met it.
  stream.on('error', () => undefined)
  return {
    isTerminal: Boolean(stream.isTTY),
    write: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error) => (error ? reject(outputError(error)) : resolve()))
      }),
  }
}

/** A write meets EPIPE once, and a destroyed stream from then on. */
function outputError(error: NodeJS.ErrnoException): Error {
  return error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED' ? new OutputClosed('stdout was closed') : error
}
