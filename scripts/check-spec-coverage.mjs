/**
 * Fails when SPEC.md and the conformance suite do not cover each other: a MUST without a case and without a stated reason, a
 * case that cites nothing or what does not exist, or a suite that carries other texts than SPEC.md.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { run } from '../packages/conformance/src/main.ts'

execFileSync(process.execPath, [fileURLToPath(new URL('write-requirements.mjs', import.meta.url)), '--check'], {
  stdio: 'inherit',
})

let text = ''
const code = await run(['coverage'], { stdout: { write: (part) => (text += part) }, stderr: process.stderr })
console.log(text.slice(text.lastIndexOf('\n\n') + 2).trim())
process.exit(code)
