/** Requirements that no mutant breaks, each with its reason; those that no case can judge have theirs in untestable.ts. */

export const unbreakable: Readonly<Record<string, string>> = {
  'R-17-4': 'what a client prints reaches the suite as JSON, which escapes control characters by itself',
}
