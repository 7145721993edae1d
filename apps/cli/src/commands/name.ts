/** `greet NAME…`: greets names, from the arguments or from stdin, and prints their greetings in the order of the names. */

import { CLIENT_OPTIONS_SCHEMA, type Greeted, type GreetError, type NotGreeted } from '@greetwire/client'
import { type Static, Type } from '@sinclair/typebox'
import { CLIENT_TARGET_OPTIONS, connectClient } from '../client-target.ts'
import { defineCommand } from '../command.ts'
import { exitOf, messageOf } from '../error-report.ts'
import type { ExitName } from '../exit-codes.ts'
import { inputNames, type UnreadableLine } from '../greeting/input-names.ts'
import { type Io, writeEvent, writeLine } from '../io.ts'
import { JSON_EVENTS, VERBOSE } from '../option-schema.ts'
import { painter } from '../painter.ts'
import { printableText } from '../printable-text.ts'
import { Progress } from '../progress.ts'

const NAME_SCHEMA = Type.Object({
  ...CLIENT_TARGET_OPTIONS,
  concurrency: Type.Integer({
    minimum: 1,
    maximum: 65_536,
    default: 256,
    description: 'how many names are on their way at once, within the limit of the server',
  }),
  retries: CLIENT_OPTIONS_SCHEMA.properties.retries,
  idempotent: Type.Boolean({
    default: false,
    description: 'send a name again, once, that the server may have greeted before the connection was lost',
  }),
  json: JSON_EVENTS,
  verbose: VERBOSE,
})

/** The command. */
export const nameCommand = defineCommand({
  name: 'name',
  usage: '[name] NAME… [options]',
  summary: 'greet names; - reads them from stdin, one a line',
  schema: NAME_SCHEMA,
  positionals: { least: 1, most: Infinity },
  notes: [
    'Greetings come in the order of the names. A name that is refused is reported on stderr and the others go on; the exit code is',
    'that of the first failure. Control characters are shown escaped; --json has every text exactly.',
    'A timeout of 0 is no limit.',
    '',
    'With --json:',
    '  {"event":"greeting","index":0,"name":"Ada","greeting":"Hello Ada"}',
    '  {"event":"error","index":1,"name":"…","code":"NAME_TOO_LONG","detail":1024,"executed":"never","message":"…"}',
    '  {"event":"unreadable","line":3,"message":"…"}                 a line of stdin that is no UTF-8, or longer than any name',
    '  {"event":"end","greeted":1,"failed":1,"elapsedMs":1.5}',
  ],
  async run(options, names, io) {
    const client = await connectClient(options, { maxInFlight: options.concurrency, retries: options.retries }, io)
    const report = new GreetingReport(options, io)
    try {
      const input = inputNames(names, io.stdin, (line) => report.unreadable(line))
      const { concurrency, idempotent } = options
      for await (const result of client.greetAll(input, { concurrency, idempotent, errors: 'yield' })) {
        await report.add(result)
        if (result.error && endsEverything(result.error)) {
          await report.giveUp()
          break
        }
      }
    } finally {
      report.endProgress()
      await client.close()
    }
    return report.end()
  },
})

/**
 * Whether the names that are left would fail too, one by one and each after its retries. A connection that was lost or let go is
 * replaced; one that cannot be had, or that the server refuses, is not.
 */
function endsEverything({ source, code }: GreetError): boolean {
  return source === 'connection' && code !== 'CONNECTION_LOST' && code !== 'GOODBYE'
}

class GreetingReport {
  readonly #json: boolean
  readonly #io: Io
  readonly #progress: Progress
  /** Shows the progress also while no answer comes. */
  readonly #waiting: NodeJS.Timeout
  #greeted = 0
  #failed = 0
  #exit: ExitName = 'ok'

  constructor({ json }: Pick<Static<typeof NAME_SCHEMA>, 'json'>, io: Io) {
    this.#json = json
    this.#io = io
    this.#progress = new Progress(io, 'bit by bit')
    this.#waiting = setInterval(() => this.#showProgress(), 1_000)
    this.#waiting.unref()
  }

  async add(result: Greeted | NotGreeted): Promise<void> {
    const { stdout } = this.#io
    const { index, name, greeting, error } = result
    if (error) {
      const { code, detail, executed } = error
      this.#fail(exitOf(error), messageOf(error, NAME_SCHEMA))
      if (this.#json) await writeEvent(stdout, 'error', { index, name, code, detail, executed, message: error.message })
    } else {
      this.#greeted++
      if (this.#json) await writeEvent(stdout, 'greeting', { index, name, greeting })
      else await writeLine(stdout, printableText(greeting))
    }
    this.#showProgress()
  }

  unreadable({ line, message }: UnreadableLine): void {
    this.#fail('usage', message)
    if (this.#json) writeEvent(this.#io.stdout, 'unreadable', { line, message }).catch(() => undefined)
  }

  /** Takes the progress away for good, before something else is written. */
  endProgress(): void {
    clearInterval(this.#waiting)
    this.#progress.clear()
  }

  giveUp(): Promise<void> {
    this.endProgress()
    return writeLine(this.#io.stderr, 'The names behind it were not greeted')
  }

  async end(): Promise<ExitName> {
    const elapsedMs = Math.round(this.#progress.elapsedMs * 1_000) / 1_000
    if (this.#json)
      await writeEvent(this.#io.stdout, 'end', { greeted: this.#greeted, failed: this.#failed, elapsedMs })
    return this.#exit
  }

  #showProgress(): void {
    this.#progress.show(() => `${this.#greeted} greeted, ${this.#failed} failed`)
  }

  #fail(exit: ExitName, message: string): void {
    this.#failed++
    if (this.#exit === 'ok') this.#exit = exit
    this.#progress.clear()
    const { stderr, environment } = this.#io
    void writeLine(stderr, `${painter(stderr, environment).red('greet:')} ${message}`)
  }
}
