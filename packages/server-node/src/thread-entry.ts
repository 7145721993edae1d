/** Where a thread of the server begins. The inside. */

import { parentPort } from 'node:worker_threads'
import { runThread } from '@greetwire/server-core'
import { nodeRuntime } from './node-runtime.ts'

const owner = parentPort
if (!owner) throw new Error('Cannot run thread-entry: it is the inside of a thread; start a server with serve()')

runThread(
  {
    post: (report) => owner.postMessage(report),
    onOrder(take) {
      owner.removeAllListeners('message')
      owner.on('message', take)
    },
  },
  nodeRuntime,
)
