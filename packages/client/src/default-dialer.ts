/** The one place that asks which runtime this is. */

import { bunDialer } from './bun-dialer.ts'
import type { Dialer } from './dialer.ts'
import { nodeDialer } from './node-dialer.ts'

/** The dialer made for the runtime we run on. */
export const defaultDialer: Dialer = 'Bun' in globalThis ? bunDialer : nodeDialer
