/**
 * A greeter that asks another server, so that the server in front is a proxy with limits, timers and threads of its own.
 *
 *   UPSTREAM=tcp://127.0.0.1:4356 npx greet serve --port 4358 --no-text --greeter examples/src/proxy.ts
 */

import { connect } from '@greetwire/client'

// One connection for each thread. It is replaced when it ends, and what was never executed is asked again.
const upstream = await connect(process.env['UPSTREAM'] ?? 'tcp://127.0.0.1:4356')

/** Passes a name on. What the server behind refuses is GREETER_FAILED here, and its reason is in the log. */
export default function greet(name: string): Promise<string> {
  return upstream.greet(name)
}
