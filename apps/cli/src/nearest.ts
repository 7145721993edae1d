/** Finds what somebody probably meant to type. */

/** The candidate that is fewest edits away from `typed`, if that is at most a third of its letters. */
export function nearest(typed: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined
  let fewest = Math.max(typed.length / 3, 1) + 1
  for (const candidate of candidates) {
    const edits = editDistance(typed, candidate)
    if (edits < fewest) [best, fewest] = [candidate, edits]
  }
  return best
}

/** How many letters must be added, removed or replaced to turn `from` into `to`. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let line = 0; line < from.length; line++) {
    const next = [line + 1]
    for (let column = 0; column < to.length; column++) {
      const replaced = (row[column] as number) + (from[line] === to[column] ? 0 : 1)
      next.push(Math.min(replaced, (row[column + 1] as number) + 1, (next[column] as number) + 1))
    }
    row = next
  }
  return row[to.length] as number
}
