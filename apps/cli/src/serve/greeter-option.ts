/** Turns `--greeter ./file.ts#export` into the address of a greeter. */

import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { GreeterModule } from '@greetwire/server-core'
import { CommandError } from '../exit-codes.ts'
import { quotedText } from '../printable-text.ts'

/** Reads the option; without `#export` the default export is meant. Throws CommandError if there is no such file. */
export async function readGreeterOption(text: string): Promise<GreeterModule> {
  const hash = text.lastIndexOf('#')
  const path = hash < 0 ? text : text.slice(0, hash)
  const file = resolve(path)
  const found = await stat(file).catch(() => undefined)
  if (!found?.isFile()) {
    throw new CommandError('usage', `Cannot use the greeter ${quotedText(text)}: there is no file ${quotedText(file)}`)
  }
  const module = pathToFileURL(file)
  return hash < 0 ? { module } : { module, export: text.slice(hash + 1) }
}
