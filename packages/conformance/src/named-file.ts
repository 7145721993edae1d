/** Files that the command line names: one that cannot be read or written is a mistake of who wrote that line. */
import { closeSync, openSync, readFileSync } from 'node:fs'
import { UsageError } from './usage-error.ts'

/** Reads a file of text; throws `UsageError`. */
export function readNamedFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new UsageError(`Cannot read ${file}: ${(cause as Error).message}`)
  }
}

/** Checks that a file can be written before there is anything to write, and keeps what is in it; throws `UsageError`. */
export function checkWritable(file: string): void {
  try {
    closeSync(openSync(file, 'a'))
  } catch (cause) {
    throw new UsageError(`Cannot write ${file}: ${(cause as Error).message}`)
  }
}
