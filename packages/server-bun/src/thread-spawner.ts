/** Makes threads with Bun's `Worker`. The owner's side. */

import type { StartOrder, ThreadEvents, ThreadHandle, ThreadReport } from '@greetwire/server-core'

// The sources run as .ts in this repository and as .js when published; neither compiler nor runtime rewrites the string.
const ENTRY = new URL(`./thread-entry.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

/** Makes a thread and hands it its start order. */
export function spawnThread(start: StartOrder, events: ThreadEvents): ThreadHandle {
  const worker = new Worker(ENTRY)
  let reason = 'it ended by itself'
  const gone = new Promise<void>((resolve) => {
    worker.addEventListener('close', () => {
      events.onExit(reason)
      resolve()
    })
  })
  worker.addEventListener('message', ({ data }: MessageEvent<ThreadReport>) => events.onMessage(data))
  worker.addEventListener('error', ({ message }) => {
    reason = `it threw ${thrownText(message)}`
  })
  worker.postMessage(start)
  return {
    post: (order) => worker.postMessage(order),
    terminate() {
      worker.terminate()
      return gone
    },
  }
}

/** Bun puts an excerpt of the source in front of an error, and the stack behind it. */
function thrownText(message: string): string {
  return message
    .replace(EXCERPT, '')
    .replace(STACK, '')
    .replace(/^error:/, 'Error:')
}

const EXCERPT = /^(?: *\d+ \|.*\n)+ *\^\n/
const STACK = /\n +at [^]*$/
