/** The keys and certificates of the tests, and the options that a server takes of them. */

import { readFileSync } from 'node:fs'

/** The authority that all of them but the stranger's trust. */
export const CA = pem('ca.pem')
/** The server's own, for localhost. */
export const TLS = { key: pem('server.key'), cert: pem('server.pem') }
/** The server's, with an authority that clients are checked against. */
export const MUTUAL_TLS = { ...TLS, ca: CA, requestCert: true }
/** A client that the authority signed. */
export const CLIENT = { key: pem('client.key'), cert: pem('client.pem') }
/** A client that signed itself. */
export const STRANGER = { key: pem('stranger.key'), cert: pem('stranger.pem') }

function pem(file: string): string {
  return readFileSync(new URL(`./certificates/${file}`, import.meta.url), 'utf8')
}
