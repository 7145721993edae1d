/** The version of this package, read from its package.json, so that it is written once. */

import packageJson from '@greetwire/cli/package.json' with { type: 'json' }

/** For example 0.1.0. */
export const VERSION: string = packageJson.version
