/** What the suite asks of a server under test, however it is reached: by address, by command, or inside this process. */

/** Options that the suite may start a server with; every one is optional and an adapter refuses those it lacks. */
export interface ServerOptions {
  readonly maxName?: number
  readonly maxPayload?: number
  readonly maxInFlight?: number
  readonly idleTimeoutMs?: number
  readonly frameTimeoutMs?: number
  readonly stallTimeoutMs?: number
  readonly lingerTimeoutMs?: number
  readonly drainTimeoutMs?: number
  readonly greeterTimeoutMs?: number
  readonly maxAgeMs?: number
  /** Requests that may wait for a thread; adapters start with at least 65,536 when it is not given. */
  readonly queueRequests?: number
  readonly maxConnections?: number
  readonly threads?: number
  /** The conformance greeter instead of the default one. */
  readonly greeter?: 'conformance'
  /** File to which the conformance greeter appends each name it executes, one JSON string a line. */
  readonly executionLog?: string
  /** Also listen for the plain text protocol, and report `textPort`. */
  readonly text?: true
  readonly tls?: { readonly keyFile: string; readonly certFile: string; readonly caFile?: string }
}

/** How a stopped server ended. */
export interface ServerExit {
  readonly code: number | null
  readonly signal: string | null
}

/** One running server. */
export interface ServerTarget {
  readonly host: string
  readonly port: number
  readonly textPort?: number
  readonly features: ReadonlySet<string>
  /** The process, when its memory and descriptors can be looked at. */
  readonly pid?: number
  /** Settles when the server is gone. */
  readonly exited: Promise<ServerExit>
  /** False once the server is known to be gone. */
  alive(): boolean
  /** Asks for a graceful stop (SIGTERM); does not wait. */
  terminate(): void
  /** Stops at once and waits. */
  kill(): Promise<void>
  /** The last lines that the server wrote to stderr. */
  errorOutput(): string
}

/** Where servers come from. */
export interface ServerSource {
  readonly description: string
  /** True when the suite starts the server, so that options, stops and restarts are possible. */
  readonly controlled: boolean
  /** Starts (or finds) a server with these options; throws `Unsupported` or `TargetError`. */
  start(options: ServerOptions): Promise<ServerTarget>
  /** Checks that the source refuses an option that does not exist; throws `TargetError` if it does not. */
  probe(): Promise<void>
}

/** The target cannot be used at all: exit code 3. */
export class TargetError extends Error {
  override name = 'TargetError'
}

/** The target did not come up in time; INCONCLUSIVE when the suite itself lagged. */
export class TargetLate extends TargetError {
  override name = 'TargetLate'
}
