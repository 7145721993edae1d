/** Runs cases of the server role against a source of servers: starts them, measures them, checks them after each case. */
import { join } from 'node:path'
import type { ConnectionOptions } from 'node:tls'
import { expectAlive } from '../cases/expect.ts'
import { stderrExcerpt } from '../target/child.ts'
import { clientCertificate, clientKey, serverCertificate } from '../target/certificates.ts'
import type { ServerOptions, ServerSource, ServerTarget } from '../target/server-target.ts'
import { makeTemporaryDirectory, removeTemporaryDirectory } from '../target/temporary-directory.ts'
import { CaseFailure, TimedOut, Unsupported } from '../wire/failure.ts'
import { RawPeer } from '../wire/raw-peer.ts'
import { brokenWireRule } from '../wire/wire-rules.ts'
import type { Case, Execution } from './case.ts'
import { advertised, measure } from './measurement.ts'
import type { Random } from './random.ts'
import type { Bench, Lane } from './runner.ts'
import { ServerTest } from './server-test.ts'

export type ServerCase = Case<ServerTest>

export interface ServerBenchOptions {
  readonly timeoutScale: number
  readonly seed: number
}

export class ServerBench implements Bench<ServerTest> {
  readonly source: ServerSource
  readonly options: ServerBenchOptions
  #claimed: ReadonlySet<string> = new Set()

  constructor(source: ServerSource, options: ServerBenchOptions) {
    this.source = source
    this.options = options
  }

  /** Checks that the source is usable at all, before any case; throws `TargetError`. */
  async check(): Promise<void> {
    await this.source.probe()
    const target = await this.source.start({})
    this.#claimed = target.features
    try {
      await measure(target, this.options.timeoutScale)
    } finally {
      await target.kill()
    }
  }

  refuses({ needs, ownTarget }: ServerCase): string | undefined {
    const controls = ownTarget === true || needs?.includes('process') === true || needs?.includes('pid') === true
    return controls && !this.source.controlled
      ? 'needs control of the process; give a command instead of an address'
      : undefined
  }

  async openLane(one: ServerCase): Promise<Lane<ServerTest>> {
    const needs = one.needs ?? []
    const directory = needs.includes('execution-log') ? makeTemporaryDirectory() : undefined
    const executionLog = directory === undefined ? undefined : join(directory, 'executed')
    const options: ServerOptions = { ...one.options, ...(executionLog === undefined ? {} : { executionLog }) }
    const tls = options.tls === undefined ? undefined : clientTls
    const target = await this.#start(options)
    try {
      const timing = await measure(target, this.options.timeoutScale, tls)
      const limits = await advertised(target, timing, tls)
      return new ServerLane(
        {
          target,
          timing,
          limits,
          seed: this.options.seed,
          tls,
          ...(executionLog === undefined ? {} : { executionLog }),
        },
        directory,
      )
    } catch (cause) {
      await target.kill()
      throw cause
    }
  }

  /** Starts a target; a refusal of nothing but what it claims to have is a failure. */
  async #start(options: ServerOptions): Promise<ServerTarget> {
    try {
      return await this.source.start(options)
    } catch (cause) {
      const features = impliedBy(options)
      if (!(cause instanceof Unsupported) || features?.every((feature) => this.#claimed.has(feature)) !== true)
        throw cause
      throw new CaseFailure(`${cause.message}, but it claims the feature "${features.join('" and "')}"`)
    }
  }
}

/** The features by which a target has these options; nothing when it may have the features and lack one of the options. */
function impliedBy(options: ServerOptions): string[] | undefined {
  const features: string[] = []
  for (const name of Object.keys(options)) {
    const feature = FEATURE_OF[name as keyof ServerOptions]
    if (feature === undefined || options.tls?.caFile !== undefined) return undefined
    features.push(feature)
  }
  return features
}

class ServerLane implements Lane<ServerTest> {
  readonly parts: Omit<ConstructorParameters<typeof ServerTest>[0], 'random'>
  readonly directory: string | undefined

  constructor(parts: Omit<ConstructorParameters<typeof ServerTest>[0], 'random'>, directory: string | undefined) {
    this.parts = parts
    this.directory = directory
  }

  lacks(one: ServerCase): string | undefined {
    const { target, limits } = this.parts
    if (one.options !== undefined && limits.maxName < PLAIN_NAME_BYTES)
      return `needs maxName of at least ${PLAIN_NAME_BYTES}`
    for (const need of one.needs ?? []) {
      if (need === 'process') continue
      if (need === 'pid' && target.pid === undefined) return 'needs the pid of the server'
      if (need !== 'pid' && !target.features.has(need)) return `needs the feature "${need}"`
    }
    return undefined
  }

  begin(_execution: Execution<ServerTest>, random: Random): ServerTest {
    return new ServerTest({ ...this.parts, random })
  }

  async finish(test: ServerTest): Promise<void> {
    try {
      for (const peer of test.peers) {
        const broken = brokenWireRule(peer)
        if (broken !== undefined) throw new CaseFailure(`${peer.log.label}: ${broken}`)
      }
    } finally {
      for (const peer of test.peers) peer.destroy()
    }
    if (!test.serverMayBeGone) await this.#stillServes()
  }

  async close(): Promise<void> {
    await this.parts.target.kill()
    if (this.directory !== undefined) removeTemporaryDirectory(this.directory)
  }

  async #stillServes(): Promise<void> {
    const { target, timing, tls } = this.parts
    if (!target.alive()) {
      const { code, signal } = await target.exited
      throw new CaseFailure(`the server died (${signal ?? `exit code ${code}`}): ${stderrExcerpt(target)}`)
    }
    let peer: RawPeer | undefined
    try {
      peer = await RawPeer.connect(target.host, target.port, {
        label: 'afterwards',
        reactionMs: timing.reactionMs,
        tls,
      })
      await expectAlive(peer)
    } catch (cause) {
      const message = `a fresh connection does not work afterwards: ${(cause as Error).message}`
      throw cause instanceof TimedOut ? new TimedOut(message) : new CaseFailure(message)
    } finally {
      peer?.destroy()
    }
  }
}

const FEATURE_OF: { readonly [Name in keyof ServerOptions]?: string } = {
  greeter: 'conformance-greeter',
  executionLog: 'execution-log',
  text: 'text',
  tls: 'tls',
}

/** Names that tell the conformance greeter what to do need a little room. */
const PLAIN_NAME_BYTES = 32

const clientTls: ConnectionOptions = {
  ca: serverCertificate,
  servername: 'localhost',
  ALPNProtocols: ['greetwire'],
  key: clientKey,
  cert: clientCertificate,
}
