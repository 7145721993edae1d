/** `greet conformance`: hands its arguments to the conformance suite, which speaks raw bytes and knows none of the other packages. */

import type { ForwardingCommand } from '../command.ts'
import type { Io, Output } from '../io.ts'

/** The command. */
export const conformanceCommand: ForwardingCommand = {
  name: 'conformance',
  usage: 'conformance [arguments]',
  summary: 'judge a server or a client by the specification',
  notes: ['The arguments are those of the suite: greet conformance help'],
  async forward(args, io) {
    const { run } = await import('@greetwire/conformance')
    // Only an output that is closed can fail, and then there is nobody to tell.
    const { promise: closed, reject } = Promise.withResolvers<never>()
    return Promise.race([run(args, suiteStreams(io, reject)), closed])
  },
}

function suiteStreams(
  { stdout, stderr }: Io,
  fail: (error: unknown) => void,
): Record<'stdout' | 'stderr', SuiteOutput> {
  return { stdout: suiteOutput(stdout, fail), stderr: suiteOutput(stderr, fail) }
}

/** An output as the suite writes to it: like a stream of the process. */
interface SuiteOutput {
  write(text: string): void
  readonly isTTY: boolean
}

function suiteOutput(output: Output, fail: (error: unknown) => void): SuiteOutput {
  return { write: (text) => void output.write(text).catch(fail), isTTY: output.isTerminal }
}
