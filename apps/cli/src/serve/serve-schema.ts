/** The options of `greet serve`: those of the server, and what only a command line needs. */

import { SERVER_OPTIONS_SCHEMA } from '@greetwire/server-core'
import { type Static, Type } from '@sinclair/typebox'
import { JSON_EVENTS, VERBOSE } from '../option-schema.ts'

const { textPort, unix, agent, tls: _tls, ...plain } = SERVER_OPTIONS_SCHEMA.properties

const file = (description: string) => Type.Optional(Type.String({ minLength: 1, placeholder: 'FILE', description }))

/** The plain text port of a server that anyone on this machine may use anyhow. */
export const DEFAULT_TEXT_PORT = 4_357

/** Every option of the command. TLS texts are given as files. */
export const SERVE_SCHEMA = Type.Object({
  runtime: Type.Optional(
    Type.Union([Type.Literal('node'), Type.Literal('bun')], {
      description: 'the runtime that runs the server; default: the one that runs this command',
    }),
  ),
  greeter: Type.Optional(
    Type.String({
      minLength: 1,
      placeholder: 'FILE[#EXPORT]',
      description: 'a module whose export greets: a function, or an object or class with greet(name)',
    }),
  ),
  ...plain,
  threads: Type.Optional(plain.threads),
  unix: Type.Optional(Type.String({ ...unix, placeholder: 'PATH' })),
  textPort: Type.Optional(
    Type.Integer({
      ...textPort,
      description: `the port of the plain text protocol; 0 picks a free one; default: ${DEFAULT_TEXT_PORT}; with TLS or --unix none`,
    }),
  ),
  text: Type.Boolean({ default: true, description: 'open no port for the plain text protocol' }),
  agent: Type.String({ ...agent, placeholder: 'TEXT' }),
  tlsKey: file('the private key for TLS, PEM; with --tls-cert'),
  tlsCert: file('the certificate chain for TLS, PEM; with --tls-key'),
  tlsCa: file('the authorities that clients are checked against, PEM'),
  tlsRequestCert: Type.Boolean({
    default: false,
    description: 'clients must show a certificate that an authority of --tls-ca vouches for',
  }),
  json: JSON_EVENTS,
  verbose: VERBOSE,
})

/** The options of one run. */
export type ServeCommandOptions = Static<typeof SERVE_SCHEMA>
