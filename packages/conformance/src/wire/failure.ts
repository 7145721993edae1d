/** The ways in which an execution of a case can end other than well. */

/** The peer did something that a requirement forbids, or not what it demands. */
export class CaseFailure extends Error {
  override name = 'CaseFailure'
}

/** Something that had to happen did not happen within the limit; INCONCLUSIVE when the suite itself lagged. */
export class TimedOut extends CaseFailure {
  override name = 'TimedOut'
}

/** The case could not be judged, through no fault of the peer. */
export class Inconclusive extends Error {
  override name = 'Inconclusive'
}

/** The target lacks what the case needs. */
export class Unsupported extends Error {
  override name = 'Unsupported'
}

/** Fails the case unless the condition holds. */
export function check(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new CaseFailure(typeof message === 'string' ? message : message())
}
