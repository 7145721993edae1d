/** Makes threads with `node:worker_threads`. The owner's side. */

import { Worker } from 'node:worker_threads'
import type { StartOrder, ThreadEvents, ThreadHandle, ThreadReport } from '@greetwire/server-core'

// The sources run as .ts in this repository and as .js when published; neither compiler nor runtime rewrites the string.
const ENTRY = new URL(`./thread-entry.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

// A thread has the flags of its process, of which this one is for `node --eval` alone and refuses every file.
const WORKER_OPTIONS = process.execArgv.some((flag) => flag.startsWith('--input-type')) ? { execArgv: [] } : {}

/** Makes a thread and hands it its start order. */
export function spawnThread(start: StartOrder, events: ThreadEvents): ThreadHandle {
  const worker = new Worker(ENTRY, WORKER_OPTIONS)
  let reason = 'it ended by itself'
  worker.on('message', (report: ThreadReport) => events.onMessage(report))
  worker.on('error', (error) => {
    reason = `it threw ${String(error)}`
  })
  worker.on('exit', () => events.onExit(reason))
  worker.postMessage(start)
  return {
    post: (order) => worker.postMessage(order),
    async terminate() {
      await worker.terminate()
    },
  }
}
