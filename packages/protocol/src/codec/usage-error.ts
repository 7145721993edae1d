/** A mistake of the local caller, such as a name over the limit. Mistakes of the peer are violations and never thrown. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
