/** The exit codes of the command, each listed once; scripts rely on them. */

/** The registry: what each code means, as help shows it. */
export const EXIT_CODES = {
  ok: { code: 0, meaning: 'everything went well, also when the reader of stdout went away' },
  failure: { code: 1, meaning: 'the program itself failed' },
  usage: { code: 2, meaning: 'the command line, the environment or the input is wrong' },
  unreachable: { code: 3, meaning: 'cannot connect, cannot listen, or TLS failed' },
  timeout: { code: 4, meaning: 'something took longer than its limit' },
  violation: { code: 5, meaning: 'the peer, or the input of greet decode, broke the protocol' },
  unmet: {
    code: 6,
    meaning:
      'a limit was not met, a check of greet doctor was bad, or greet conformance found the target not conformant',
  },
  answered: { code: 7, meaning: 'the server answered with an error, or a name breaks the rules' },
  interrupted: { code: 130, meaning: 'interrupted before the end' },
} as const

/** The name of an exit code. */
export type ExitName = keyof typeof EXIT_CODES

/** An error with a message for the person at the terminal and the exit code that goes with it. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exit: ExitName

  constructor(exit: ExitName, message: string, options?: ErrorOptions) {
    super(message, options)
    this.exit = exit
  }
}
