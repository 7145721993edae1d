/** The inside of any thread of a server: waits for its start order, then is a shard or a thread of the pool. */

import { giveWay } from './giving-way.ts'
import { GreetingThread } from './greeting-thread.ts'
import { ListenError } from './listener.ts'
import type { Runtime } from './runtime.ts'
import { runShard } from './shard-thread.ts'
import type { StartOrder, ThreadReport } from './thread-messages.ts'
import type { ThreadSide } from './thread-side.ts'
import { startThread } from './thread-start.ts'

/** Runs a thread. The runtime's thread-entry.ts calls it once, before anything else is awaited. */
export function runThread(side: ThreadSide, runtime: Runtime): void {
  side.onOrder((order) => {
    if (order.kind === 'start') void run(order, side, runtime)
  })
}

async function run(order: StartOrder, side: ThreadSide, runtime: Runtime): Promise<void> {
  const post = (report: ThreadReport): void => side.post(report)
  const thread = await startThread(order, {
    post,
    importModule: (url) => runtime.importModule(url),
    every: (ms, beat) => void runtime.every(ms, beat),
  })
  if (!thread) return
  try {
    if (order.model === 'shard') await runShard(order, thread, side, runtime)
    else {
      giveWay(runtime.threadNice)
      const port = { post, now: () => runtime.now(), yield: (then: () => void) => runtime.yield(then) }
      const greeting = new GreetingThread(thread.greeter, thread.ledger, port)
      side.onOrder((next) => greeting.receive(next))
    }
    post({ kind: 'ready' })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    post({ kind: 'refused', reason, ...(error instanceof ListenError && { listenCode: error.code }) })
  }
}
