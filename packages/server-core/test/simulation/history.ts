/** One history: a server over simulated threads, a few clients, cuts, deaths, a drain and a stop, all from one seed. */

import { ConnectionHost } from '../../src/connection-host.ts'
import { ThreadCounters } from '../../src/counters.ts'
import { resolveServerOptions, type ServerOptions } from '../../src/server-options.ts'
import { ThreadEngine } from '../../src/thread-engine.ts'
import { judge } from './judge.ts'
import { Random } from './random.ts'
import { SimulatedClient, type ClientHabits } from './simulated-client.ts'
import { BEHAVIOURS, type Behaviour } from './simulated-greeter.ts'
import { SimulatedThreads } from './simulated-threads.ts'
import { WatchedEngine } from './watched-engine.ts'
import { World } from './world.ts'

/** What one history came to. */
export interface HistoryResult {
  readonly seed: number
  /** What the judge found; empty if all is right. */
  readonly problems: readonly string[]
  readonly requests: number
  readonly executions: number
}

/** Everything the judge looks at. */
export interface History {
  readonly options: ServerOptions
  readonly clients: readonly SimulatedClient[]
  readonly threads: SimulatedThreads
  readonly engine: WatchedEngine
  readonly drainAt: number
  readonly drainDeadline: number
  readonly sweepMs: number
  /** Whether nothing happens that could keep a request from its answer before the drain. */
  readonly isCalm: boolean
  /** When the promises of the drain and of the stop were settled. */
  drainedAt: number | undefined
  stoppedAt: number | undefined
  /** What was still there when it should not. */
  readonly leftovers: string[]
}

/** Runs the history of a seed. The same seed gives the same history. */
export async function runHistory(seed: number): Promise<HistoryResult> {
  const random = new Random(seed)
  const isCalm = random.chance(0.3)
  const drainAt = isCalm ? 3_000 : random.int(30, 1_500)
  const drainMs = random.int(20, 600)
  const world = new World(drainAt + drainMs + SETTLE_MS)
  const options = randomOptions(random, isCalm)
  const habits = randomHabits(random, isCalm, options.maxName)
  const threads = new SimulatedThreads(world, random)
  const engine = new ThreadEngine({
    threads: options.threads,
    greeter: { kind: 'built-in' },
    spawner: threads,
    log: () => {},
    startTimeoutMs: 100,
    heartbeatMs: 50,
    heartbeatTimeoutMs: options.heartbeatTimeoutMs,
    restartDelayMs: 20,
    maxRestartDelayMs: 200,
    greeterTimeoutMs: options.greeterTimeoutMs,
    maxQueuedRequests: options.queueRequests,
    maxQueuedBytes: options.queueBytes,
    defer: (run) => world.after(0, run),
  })
  const watched = new WatchedEngine(engine, options, threads.executions, () => world.now)
  const sweepMs = 10
  const counters = new ThreadCounters()
  const host = new ConnectionHost({
    options,
    engine: watched,
    counters,
    countOpen: () => counters.get('connectionsOpen'),
    log: (level, line) => {
      if (level === 'error') history.leftovers.push(`the session logged: ${line}`)
    },
    now: () => world.now,
    random: () => random.next(),
  })
  const clients = Array.from({ length: random.int(1, isCalm ? 2 : 4) }, (_, index) => {
    return new SimulatedClient(index, world, random, habits)
  })
  const history: History = {
    options,
    clients,
    threads,
    engine: watched,
    drainAt,
    drainDeadline: drainAt + drainMs,
    sweepMs,
    isCalm,
    drainedAt: undefined,
    stoppedAt: undefined,
    leftovers: [],
  }

  const every = (ms: number, run: () => void): void => {
    const again = (): void => {
      if (history.stoppedAt !== undefined) return
      run()
      world.after(ms, again)
    }
    world.after(ms, again)
  }
  const stop = async (): Promise<void> => {
    host.resetAll()
    watched.isStopped = true
    await engine.stop()
    history.stoppedAt = world.now
  }
  const drain = async (): Promise<void> => {
    await host.drain('SHUTTING_DOWN', history.drainDeadline)
    history.drainedAt = world.now
    await stop()
  }

  let started = false
  void engine.start(0).then(() => {
    started = true
    threads.failureRate = isCalm ? 0 : 0.2
    for (const client of clients) {
      world.after(random.int(0, 100), () => {
        if (world.now >= drainAt) return
        client.wire.connect(host.accept(client.wire, 'framed'))
        client.begin()
      })
    }
    for (let deaths = isCalm ? 0 : random.pick([0, 0, 1, 2, 5]); deaths > 0; deaths--) {
      world.after(random.int(0, drainAt + drainMs), () => threads.killOne())
    }
    return started
  })
  every(sweepMs, () => host.sweep(world.now))
  every(25, () => engine.tick(world.now))
  if (isCalm) {
    world.after(drainAt - 1, () => {
      if (watched.openRequests > 0) history.leftovers.push(`${watched.openRequests} requests were never answered`)
    })
  }
  world.after(drainAt, () => {
    void drain()
    world.promiseMoved()
  })
  world.after(drainAt + drainMs + sweepMs + 1, () => {
    for (const { index, wire, sent } of clients) {
      if (!wire.isReleased && wire.isConnected) {
        history.leftovers.push(`connection ${index} outlived the drain deadline (${sent.length} frames sent)`)
      }
    }
    world.promiseMoved()
  })
  world.promiseMoved()
  try {
    await world.run()
  } catch (error) {
    history.leftovers.push(`the server threw ${String(error)}`)
  }

  const executions = [...threads.executions.values()].reduce((sum, { length }) => sum + length, 0)
  const requests = clients.reduce((sum, { sent }) => sum + sent.filter(({ frame }) => frame === 'NAME').length, 0)
  return { seed, problems: started ? judge(history) : ['the threads did not start'], requests, executions }
}

function randomOptions(random: Random, isCalm: boolean): ServerOptions {
  return resolveServerOptions(
    {
      threads: random.int(1, 3),
      threading: 'pool',
      maxName: 64,
      maxInFlight: random.pick([1, 2, 8, 256]),
      queueRequests: random.pick([1, 4, 20, 1_000]),
      idleTimeoutMs: isCalm ? 0 : random.pick([0, 150, 5_000]),
      frameTimeoutMs: random.pick([100, 400]),
      stallTimeoutMs: isCalm ? 0 : random.pick([100, 1_000]),
      lingerTimeoutMs: random.pick([50, 300]),
      drainTimeoutMs: 200,
      greeterTimeoutMs: random.pick([60, 200]),
      heartbeatTimeoutMs: random.pick([300, 1_000]),
      maxAgeMs: isCalm ? 0 : random.pick([0, 0, 400]),
    },
    2,
  )
}

const CALM: readonly Behaviour[] = [
  'ok',
  'ok',
  'large',
  'block',
  'later',
  'throw',
  'reject',
  'number',
  'surrogate',
  'long',
]

function randomHabits(random: Random, isCalm: boolean, maxName: number): ClientHabits {
  const rare = random.chance(0.5) ? BEHAVIOURS : CALM
  const behaviours = isCalm ? [...CALM] : Array.from({ length: 6 }, () => random.pick(random.chance(0.7) ? CALM : rare))
  // Only many large greetings fill the output of a connection.
  if (!isCalm && random.chance(0.1)) behaviours.splice(0, 5, ...Array<Behaviour>(5).fill('large'))
  return {
    behaviours,
    maxSteps: isCalm ? 15 : 25,
    maxGapMs: random.pick([1, 10, 60]),
    maxGreetingMs: isCalm ? 4 : random.pick([2, 10, 60, 300]),
    maxName,
    maxPauseMs: isCalm ? 50 : random.pick([20, 300, 2_000]),
  }
}

/** How long a stop may take: what hangs must be noticed and replaced first. */
const SETTLE_MS = 3_000
