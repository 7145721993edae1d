/** Runs `greet` in this process. The only file that touches it: arguments, streams, signals, exit code. */

import { type Delegate, delegateTo } from './delegation.ts'
import { CommandError, EXIT_CODES } from './exit-codes.ts'
import { type Io, type Output, OutputClosed } from './io.ts'
import { run } from './run.ts'

/**
 * Signals within this time of the first one are the same wish: a parent passes Ctrl-C on to a child that got it from the terminal
 * too, as npm may, and as we do to a delegate.
 */
const SAME_WISH_MS = 250

const interruption = new AbortController()
let delegate: Delegate | undefined
let firstSignalAt: number | undefined

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt(signal))
// A parent that opened a channel to us and is gone cannot tell us to stop any more.
process.once('disconnect', () => interrupt('SIGTERM'))

const io: Io = {
  stdin: process.stdin,
  stdout: outputOf(process.stdout),
  stderr: unlessUnread(outputOf(process.stderr)),
  environment: process.env,
  interrupted: interruption.signal,
  pid: process.pid,
  runtimeBinary: process.execPath,
  now: () => performance.now(),
  delegate(binary) {
    // A signal that came before there was anybody to pass it on to.
    if (interruption.signal.aborted) return Promise.resolve(EXIT_CODES.interrupted.code)
    delegate = delegateTo(binary, process.argv.slice(1))
    return delegate.ended
  },
}

const exitCode = await run(process.argv.slice(2), io)
// What is still running, such as a read from stdin, is not waited for; what was written is.
await Promise.allSettled([io.stdout.write(''), io.stderr.write('')])
process.exit(exitCode)

/** The first signal asks to stop, a later one does not ask. A delegate is told each of them and decides for itself. */
function interrupt(signal: NodeJS.Signals): void {
  if (delegate) {
    delegate.signal(signal)
    return
  }
  const now = performance.now()
  if (firstSignalAt !== undefined && now - firstSignalAt >= SAME_WISH_MS) process.exit(EXIT_CODES.interrupted.code)
  firstSignalAt ??= now
  interruption.abort()
}

function outputOf(stream: NodeJS.WriteStream): Output {
  // Every failure also reaches the callback of the write that met it.
  stream.on('error', () => undefined)
  return {
    isTerminal: stream.isTTY,
    write: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error) => (error ? reject(outputError(error)) : resolve()))
      }),
  }
}

function unlessUnread(output: Output): Output {
  return { isTerminal: output.isTerminal, write: (text) => output.write(text).catch(() => undefined) }
}

/** A write meets EPIPE once, and a destroyed stream from then on. */
function outputError(error: NodeJS.ErrnoException): Error {
  if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') return new OutputClosed('stdout was closed')
  return new CommandError('failure', `Cannot write: ${error.message}`, { cause: error })
}
