/** What one check of `greet doctor` found. */

/** `bad` keeps a server from running; `note` is worth knowing. */
export type FindingStatus = 'ok' | 'note' | 'bad'

/** A finding, with what to do about it. */
export interface Finding {
  /** What was looked at: node, cores, port 4356. */
  readonly check: string
  readonly status: FindingStatus
  readonly found: string
  readonly advice?: string
}
