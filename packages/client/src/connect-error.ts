/** Says why there is no session: the one text that people read most when something is not set up yet. */

import { retryClass } from '@greetwire/protocol'
import type { TlsOptions } from './client-options.ts'
import type { ClientSession } from './client-session.ts'
import { codeOfEnd, reasonOf, reasonOfTransport } from './failure.ts'
import { GreetError, type GreetErrorCode } from './greet-error.ts'
import type { SessionSetup } from './session-owner.ts'
import type { Target } from './target.ts'

/** Why a session that takes no calls does not. `retryable` is false where trying again is in vain. */
export function connectError(session: ClientSession, { target, options }: SessionSetup): GreetError {
  const { end, cause, timedOut, wasOpen } = session
  const error = (reason: string, code: GreetErrorCode, retryable = true, detail = 0): GreetError =>
    new GreetError(`Cannot connect to ${target.text}: ${reason}`, {
      code,
      source: 'connection',
      executed: 'never',
      retryable,
      detail,
      cause,
    })

  if (wasOpen && end?.why !== 'error') {
    if (session.silent) return error('the server has gone silent and answers no PING', 'CONNECTION_LOST')
    if (!end) return error('the ids of the connection are used up', 'CONNECTION_LOST')
    return error(reasonOf(end), codeOfEnd(end), end.why !== 'closed' && end.why !== 'violation')
  }
  if (timedOut) {
    const reason = `no WELCOME within ${options.connectTimeoutMs} ms; check that a Greetwire server answers there`
    return error(reason, 'TIMED_OUT')
  }
  if (cause) {
    const { code = '', message } = cause as Error & { code?: string }
    if (NO_TLS.test(code) || NO_TLS.test(message)) {
      const plain = target.text.replace(/^tls:/, 'tcp:')
      return error(`no TLS is spoken there; is it ${plain}?`, 'CONNECT_FAILED', false)
    }
    const told = reasonOfTransport(cause)
    if (OTHER_PROTOCOL.test(told))
      return error(`${told}; check that a Greetwire server listens there`, 'CONNECT_FAILED', false)
    const untrusted = TLS_FAILURE.test(code)
    const advice = untrusted
      ? 'check tls.ca, tls.cert and tls.serverName'
      : 'check that the server runs and listens there'
    return error(`${told}; ${advice}`, 'CONNECT_FAILED', !untrusted)
  }
  if (end?.why === 'error')
    return error(reasonOf(end), codeOfEnd(end), retryClass(end.error.code) !== 'never', end.error.detail)
  if (end?.why === 'violation' && TLS_ALERT.test(end.message))
    return error(`TLS is spoken there; is it ${target.text.replace(/^tcp:/, 'tls:')}?`, 'BAD_SERVER', false)
  if (end?.why === 'violation')
    return error(`${reasonOf(end)}; check that a Greetwire server listens there`, 'BAD_SERVER', false)
  if (end?.why === 'goodbye') return error(reasonOf(end), 'GOODBYE')
  if (end?.why === 'fin')
    return error(`${reasonOf(end)} before its WELCOME${tlsAdvice(target.kind, options.tls)}`, 'CONNECT_FAILED')
  return error(`${reasonOf(end ?? { why: 'closed' })} before its WELCOME`, 'CONNECT_FAILED', end?.why !== 'closed')
}

/** What a server may have missed that closes without a word. */
function tlsAdvice(kind: Target['kind'], { cert }: TlsOptions): string {
  if (kind === 'tcp') return '; does it speak TLS (tls://)?'
  if (kind === 'unix' || cert !== undefined) return ''
  return '; it may ask for a client certificate (tls.cert and tls.key)'
}

/** What the codes of errors in a TLS handshake have in common; trying again would not help. */
const TLS_FAILURE = /CERT|TLS|SSL|EPROTO|UNABLE_TO/
/** What TLS libraries say to an answer that is no TLS. */
const NO_TLS = /WRONG_VERSION_NUMBER/
/** How an alert of TLS begins, read as the header of a frame. */
const TLS_ALERT = /header 15 03 /
/** What TLS libraries say of a server that does not know our ALPN name. */
const OTHER_PROTOCOL = /no.application.protocol/i
