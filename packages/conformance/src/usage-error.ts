/** A command line that cannot be obeyed: exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError'
}
