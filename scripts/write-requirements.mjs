/**
 * Writes requirements.json and examples.json in packages/conformance/src from SPEC.md, so that the suite carries the
 * requirements' texts and the hex examples wherever it runs. With --check it writes nothing and fails when one of them is
 * out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const spec = new URL('../packages/protocol/SPEC.md', import.meta.url)
const folder = new URL('../packages/conformance/src/', import.meta.url)

const text = readFileSync(process.argv.find((argument) => argument.endsWith('.md')) ?? spec, 'utf8')
const requirements = text.split('\n').flatMap((line) => {
  const match = /^- \[R-([0-9A-Z.]+)-([0-9]+)\] \((server|client|both)\) (.+)$/.exec(line)
  if (!match) return []
  const [, section, number, who, sentence] = match
  return [{ id: `R-${section}-${number}`, who, level: /\bMUST\b/.test(sentence) ? 'MUST' : 'SHOULD', text: sentence }]
})
const examples = [...text.matchAll(/^```hex id=(\S+) direction=(\S+)\n([\s\S]*?)^```/gm)].map(
  ([, id, direction, block]) => ({
    id,
    direction,
    hex: block
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .map((line) => line.trim().split(/ {2,}/)[0].replaceAll(' ', ''))
      .join(''),
  }),
)

write('requirements.json', requirements)
write('examples.json', examples)

function write(name, items) {
  const file = new URL(name, folder)
  if (!process.argv.includes('--check')) {
    writeFileSync(file, `${JSON.stringify(items, undefined, 2)}\n`)
    console.log(`wrote ${items.length} items to ${name}`)
  } else if (JSON.stringify(JSON.parse(readFileSync(file, 'utf8'))) !== JSON.stringify(items)) {
    console.error(`packages/conformance/src/${name} differs from SPEC.md; run: node scripts/write-requirements.mjs`)
    process.exitCode = 1
  }
}
