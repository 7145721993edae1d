/** Bun as a Runtime. */

import { availableParallelism, getPriority, setPriority } from 'node:os'
import { resolve } from 'node:path'
import type { Runtime } from '@greetwire/server-core'
import { listen } from './tcp-listener.ts'
import { spawnThread } from './thread-spawner.ts'

/** What a server needs of Bun. */
export const bunRuntime: Runtime = {
  name: 'bun',
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
  // Elsewhere Bun takes the option silently, and all connections go to one thread or to any other process (oven-sh/bun#33714).
  canSharePort: () => Promise.resolve(process.platform === 'linux'),
}
