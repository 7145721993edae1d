/** Where a thread of the server begins. The inside. */

import { runThread, type ThreadOrder } from '@greetwire/server-core'
import { bunRuntime } from './bun-runtime.ts'

declare const self: Worker & { onmessage: ((event: MessageEvent<ThreadOrder>) => void) | null }

runThread(
  {
    post: (report) => self.postMessage(report),
    onOrder(take) {
      // One taker at a time, and Bun drops what comes before the first is set.
      // oxlint-disable-next-line unicorn/prefer-add-event-listener
      self.onmessage = ({ data }) => take(data)
    },
  },
  bunRuntime,
)
