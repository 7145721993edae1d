/** Removes the socket file that a killed server left behind, and only that: a path where somebody listens is left alone. */

import { lstat, unlink } from 'node:fs/promises'

/** Connects to `path`; a refusal proves that nobody listens, and the file is removed. */
export async function removeStaleSocket(path: string): Promise<void> {
  // An abstract name has no file.
  if (path.startsWith('\0')) return
  try {
    const probe = await Bun.connect({ unix: path, socket: { data() {} } })
    probe.end()
  } catch (error) {
    const refused = (error as { code?: string }).code === 'ECONNREFUSED'
    // A plain file refuses connections too.
    if (refused && (await lstat(path)).isSocket()) await unlink(path)
  }
}
