/** A line for the operator, of a session or a thread. It never holds bytes of a peer unescaped. */
export type Log = (level: 'info' | 'warn' | 'error', line: string) => void
