/** Where the greeters of these tests are. */

import { fileURLToPath } from 'node:url'

/** The value of `--greeter` for an export of a file in `greeters/`. */
export function greeterFile(file: string, name = 'greet'): string {
  return `${fileURLToPath(new URL(`../greeters/${file}`, import.meta.url))}#${name}`
}
