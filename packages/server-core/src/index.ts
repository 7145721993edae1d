/** What the two servers share. Not for direct use: take @greetwire/server-node or @greetwire/server-bun. */

export type { Engine, Requester } from './engine.ts'
export type { Greet, GreeterModule, GreeterObject, GreeterOption } from './greeter.ts'
