/** What was asked of a run, for reports that are made in tests. */
export const ASKED = {
  role: 'server',
  target: 'x',
  adapter: [],
  tls: false,
  strict: false,
  timeoutScale: 1,
  seed: 1,
  repeat: 1,
} as const
