/**
 * Clients that greet names without a stop while threads of the server die. Tells every outcome.
 *
 * Each client greets its names and, when it comes to the place of a death, also the name that the greeter dies of, on the same
 * connection. The runtime that runs this file decides which client it is.
 */

import { connect, type GreetError } from '@greetwire/client'

/** What to do, as the first argument, in JSON. */
export interface LossScenario {
  readonly target: string
  readonly clients: number
  readonly namesEach: number
  /** Every name is filled up to as many characters. */
  readonly nameLength: number
  readonly inFlight: number
  readonly idempotent: boolean
  /** Behind how many of its names which client sends a name that the greeter dies of. */
  readonly deaths: readonly { readonly client: number; readonly behind: number; readonly name: string }[]
}

/** What came of it, on stdout, in JSON. */
export interface LossReport {
  /** For each name: its greeting's first 64 characters, or its error. */
  readonly outcomes: readonly LossOutcome[]
  /** How many connections each client opened. */
  readonly connections: readonly number[]
  /** How many connections of all clients ended while there was something to do. */
  readonly lostConnections: number
  /** How often a request was sent again, by whether it was executed before. */
  readonly retries: Readonly<Record<'never' | 'maybe' | 'yes', number>>
}

/** What came of one name. */
export interface LossOutcome {
  readonly name: string
  readonly greeting?: string | undefined
  readonly error?: Pick<GreetError, 'code' | 'executed'> | undefined
}

const scenario = JSON.parse(process.argv[2] as string) as LossScenario
const outcomes: LossOutcome[] = []
const connections: number[] = []
const lost = new Set<string>()
const retries = { never: 0, maybe: 0, yes: 0 }
await Promise.all(Array.from({ length: scenario.clients }, (_, index) => greetAsClient(index)))
console.log(JSON.stringify({ outcomes, connections, lostConnections: lost.size, retries } satisfies LossReport))

async function greetAsClient(index: number): Promise<void> {
  const { target, namesEach, nameLength, inFlight, idempotent, deaths } = scenario
  const open = new Set<number>()
  let done = false
  // A machine may be too busy to replace threads for a while; whoever waits for one need not give up.
  await using client = await connect(target, {
    maxInFlight: inFlight,
    retries: 1_000,
    backoffMaxMs: 500,
    // A connection can be lost, with requests in flight, before the server has told anything.
    trace: ({ stage, connection }) => {
      if (stage === 'connect') connections[index] = open.add(connection).size
      if (!done && (stage === 'fin' || stage === 'close') && open.has(connection)) lost.add(`${index}.${connection}`)
    },
  })
  client.on('retry', ({ error }) => retries[error.executed]++)

  const dying: Promise<void>[] = []
  function* names(): Iterable<string> {
    for (let number = 0; number < namesEach; number++) {
      for (const death of deaths) {
        if (death.client === index && death.behind === number) dying.push(die(death.name))
      }
      yield `s${index}.${number} `.padEnd(nameLength, '=')
    }
  }
  async function die(name: string): Promise<void> {
    const error = await client.greet(name).then(
      () => undefined,
      ({ code, executed }: GreetError) => ({ code, executed }),
    )
    outcomes.push({ name, error })
  }

  for await (const { name, greeting, error } of client.greetAll(names(), {
    concurrency: inFlight,
    idempotent,
    errors: 'yield',
  })) {
    outcomes.push({
      name: name.slice(0, 64),
      greeting: greeting?.slice(0, 70),
      error: error && { code: error.code, executed: error.executed },
    })
  }
  await Promise.all(dying)
  done = true
}
