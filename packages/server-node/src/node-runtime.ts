/** Node as a Runtime. */

import { availableParallelism, getPriority, setPriority } from 'node:os'
import { resolve } from 'node:path'
import type { Runtime } from '@greetwire/server-core'
import { listen } from './tcp-listener.ts'
import { spawnThread } from './thread-spawner.ts'

/** What a server needs of Node. */
export const nodeRuntime: Runtime = {
  name: 'node',
  cores: availableParallelism(),
  now: () => performance.now(),
  random: () => Math.random(),
  every(periodMs, act) {
    const timer = setInterval(act, periodMs)
    return () => clearInterval(timer)
  },
  defer: queueMicrotask,
  yield: (run) => void setImmediate(run),
  // On Linux, and nowhere else, 0 stands for the thread that calls (setpriority(2), "C library/kernel differences").
  threadNice:
    process.platform === 'linux' ? { read: () => getPriority(0), write: (nice) => setPriority(0, nice) } : undefined,
  absolutePath: (path) => resolve(path),
  importModule: (url) => import(url),
  spawn: spawnThread,
  listen,
  canSharePort,
}

/** Asks the kernel, because the option alone says nothing: Node accepts it everywhere and refuses it at the bind. */
async function canSharePort(): Promise<boolean> {
  try {
    const probe = await listen({
      address: { host: '127.0.0.1', port: 0 },
      reusePort: true,
      tls: undefined,
      log: () => {},
      accept: (port) => {
        port.reset()
        return { data() {}, end() {}, written() {}, closed() {} }
      },
    })
    probe.stop()
    return true
  } catch {
    return false
  }
}
