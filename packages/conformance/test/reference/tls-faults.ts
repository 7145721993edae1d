/** Relays with the faults that no TLS library has; each stands in front of a server, or between a client and one. */
import { isAlert, TlsRelay, type TlsRelayRules, type TlsSide } from '../../src/wire/tls-relay.ts'

/** Cuts the connection behind a FIN of this side without close_notify, or never hears of it. */
export function bareFin(side: TlsSide, outcome: 'cut' | 'drop'): TlsRelayRules {
  return { fin: (from, last) => (from !== side || (last !== undefined && isAlert(last)) ? 'pass' : outcome) }
}

/** Opens the relay of the first fault that is there. */
export function faultyFront(
  port: number,
  faults: readonly (readonly [boolean, TlsRelayRules])[],
): Promise<TlsRelay> | undefined {
  const rules = faults.find(([has]) => has)?.[1]
  return rules && TlsRelay.open('127.0.0.1', port, rules)
}
