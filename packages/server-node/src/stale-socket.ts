/** Removes the socket file that a killed server left behind, and only that: a path where somebody listens is left alone. */

import { lstat, unlink } from 'node:fs/promises'
import net from 'node:net'

/** Connects to `path`; a refusal proves that nobody listens, and the file is removed. */
export async function removeStaleSocket(path: string): Promise<void> {
  // An abstract name has no file.
  if (path.startsWith('\0')) return
  const code = await new Promise<string | undefined>((resolve) => {
    const probe = net.connect({ path })
    probe.once('connect', () => {
      probe.destroy()
      resolve(undefined)
    })
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
  })
  // A plain file refuses connections too.
  if (code === 'ECONNREFUSED' && (await lstat(path)).isSocket()) await unlink(path)
}
