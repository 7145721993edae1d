/** Directories for files that adapters are told of. What is left of them is removed when the process ends. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Makes an empty directory. */
export function makeTemporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'greetwire-'))
  left.add(directory)
  return directory
}

/** Removes a directory with all that is in it. */
export function removeTemporaryDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true })
  left.delete(directory)
}

const left = new Set<string>()
process.on('exit', () => {
  for (const directory of left) removeTemporaryDirectory(directory)
})
