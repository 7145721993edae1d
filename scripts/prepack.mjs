/** Builds a package before it is packed. Refuses npm, which would leave the exports at the sources: pnpm puts those of publishConfig there. */

import { execFileSync } from 'node:child_process'

if (!process.env['npm_config_user_agent']?.startsWith('pnpm/')) {
  console.error('Cannot pack with npm, which ignores publishConfig.exports: use pnpm pack or pnpm publish')
  process.exit(1)
}
execFileSync('tsc', ['-b'], { stdio: 'inherit' })
