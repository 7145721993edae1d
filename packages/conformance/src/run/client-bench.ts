/** Runs cases of the client role: one adapter process for a lane, one server played by the suite for each execution. */
import { Child, STARTS_WITHIN_MS, stderrExcerpt, type AdapterChild } from '../target/child.ts'
import { ClientAdapter } from '../target/client-adapter.ts'
import { TargetError } from '../target/server-target.ts'
import { CaseFailure, TimedOut } from '../wire/failure.ts'
import { brokenClientRule } from '../wire/client-rules.ts'
import type { Case, Execution } from './case.ts'
import { ClientTest } from './client-test.ts'
import { Random } from './random.ts'
import type { Bench, Lane } from './runner.ts'

export type ClientCase = Case<ClientTest>

export class ClientBench implements Bench<ClientTest> {
  readonly command: readonly string[]
  readonly scale: number
  readonly #launch: (command: readonly string[]) => AdapterChild

  /** `launch` starts the adapter in another way than as a process. */
  constructor(
    command: readonly string[],
    options: { readonly timeoutScale: number },
    launch: (command: readonly string[]) => AdapterChild = (own) => new Child(own),
  ) {
    this.command = command
    this.scale = options.timeoutScale
    this.#launch = launch
  }

  /** Checks that the adapter comes up, refuses a command that does not exist, and connects; throws `TargetError`. */
  async check(): Promise<void> {
    const adapter = await this.#start()
    try {
      const pending = adapter.send({ command: 'commandThatDoesNotExist' })
      const outcome = await Promise.race([
        pending.outcome,
        new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), REACTION_MS * this.scale).unref()),
      ])
      if (outcome?.outcome !== 'unsupported')
        throw new TargetError(
          `Cannot use "${this.command.join(' ')}": it must answer "unsupported" to a command that does not exist, ${outcome === undefined ? 'but it did not answer' : `got ${JSON.stringify(outcome)}`}`,
        )
      await this.#connects(adapter)
    } catch (cause) {
      if (cause instanceof CaseFailure)
        throw new TargetError(`Cannot use "${this.command.join(' ')}": ${cause.message}`)
      throw cause
    } finally {
      await adapter.child.kill()
    }
  }

  /** A client that opens no connection fails every case, each after the longest wait. */
  async #connects(adapter: ClientAdapter): Promise<void> {
    const test = new ClientTest(adapter, new Random(1, 'before', ''), REACTION_MS * this.scale, 'c0')
    try {
      await test.beginConnect()
      await test.accept()
    } finally {
      test.end()
    }
  }

  refuses(): undefined {
    return undefined
  }

  async openLane(): Promise<Lane<ClientTest>> {
    return new ClientLane(await this.#start(), REACTION_MS * this.scale)
  }

  #start(): Promise<ClientAdapter> {
    return ClientAdapter.attach(this.#launch(this.command), STARTS_WITHIN_MS * this.scale)
  }
}

class ClientLane implements Lane<ClientTest> {
  readonly adapter: ClientAdapter
  readonly reactionMs: number
  #count = 0

  constructor(adapter: ClientAdapter, reactionMs: number) {
    this.adapter = adapter
    this.reactionMs = reactionMs
  }

  lacks(one: ClientCase): string | undefined {
    const missing = (one.needs ?? []).find((need) => !this.adapter.features.has(need))
    return missing === undefined ? undefined : `needs the feature "${missing}"`
  }

  begin(_execution: Execution<ClientTest>, random: Random): ClientTest {
    return new ClientTest(this.adapter, random, this.reactionMs, `c${(this.#count += 1)}`)
  }

  async finish(test: ClientTest): Promise<void> {
    try {
      for (const peer of test.peers) {
        const broken = peer.foreign ? undefined : brokenClientRule(peer, test.told)
        if (broken !== undefined) throw new CaseFailure(`${peer.log.label}: ${broken}`)
      }
    } finally {
      test.end()
    }
    if (this.adapter.child.exit)
      throw new CaseFailure(
        `the client's process ended (code ${this.adapter.child.exit.code}): ${stderrExcerpt(this.adapter.child)}`,
      )
    await this.#stillWorks()
  }

  async #stillWorks(): Promise<void> {
    const test = new ClientTest(
      this.adapter,
      new Random(1, 'afterwards', ''),
      this.reactionMs,
      `c${(this.#count += 1)}`,
    )
    try {
      await test.expectWorks(await test.open())
    } catch (cause) {
      const message = `a fresh connection does not work afterwards: ${(cause as Error).message}`
      throw cause instanceof TimedOut ? new TimedOut(message) : new CaseFailure(message)
    } finally {
      test.end()
    }
  }

  async close(): Promise<void> {
    await this.adapter.child.kill()
  }
}

const REACTION_MS = 4_000
