/** Requirements that no case can judge from outside, each with its reason. The gate fails on a MUST that is in neither place. */

export const untestable: Readonly<Record<string, string>> = {}
