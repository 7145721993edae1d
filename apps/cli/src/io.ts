/**
 * What a command sees of the world: its streams, its environment, its clock and whether it was interrupted.
 *
 * Only main.ts makes one of the process; tests make one of memory.
 */

import { printableJson } from './printable-text.ts'

/** Where a command writes. Data goes to stdout, everything else to stderr. */
export interface Output {
  /** Whether a person looks at it. */
  readonly isTerminal: boolean
  /** Writes text and resolves once there is room for more; rejects with OutputClosed if nobody reads any more. */
  write(text: string): Promise<void>
}

/** The world of one run. */
export interface Io {
  readonly stdin: AsyncIterable<Uint8Array>
  readonly stdout: Output
  /** What is said here is for people and changes nothing: where it cannot be written it is lost, and no write rejects. */
  readonly stderr: Output
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly interrupted: AbortSignal
  /** The number of this process. */
  readonly pid: number
  /** The path of the binary of the runtime that runs it. */
  readonly runtimeBinary: string
  /** Milliseconds of a monotonic clock. */
  now(): number
  /** Runs this same command line with the binary of another runtime, with our streams and signals, and tells its exit code. */
  delegate(binary: string): Promise<number>
}

/** The reader of stdout is gone, as with `| head`: a reason to end, not a failure. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed'
}

/** Writes one line. */
export function writeLine(output: Output, line: string): Promise<void> {
  return output.write(`${line}\n`)
}

/** Writes one event of `--json`: an object on a line of its own, its kind first. */
export function writeEvent(output: Output, event: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
  return writeLine(output, printableJson({ event, ...fields }))
}
