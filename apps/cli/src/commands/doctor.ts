/** `greet doctor`: what this machine and its runtimes can do, and what to do about what they cannot. */

import { SERVER_OPTIONS_SCHEMA } from '@greetwire/server-core'
import { Type } from '@sinclair/typebox'
import { defineCommand } from '../command.ts'
import type { Finding } from '../doctor/finding.ts'
import { coresFinding, descriptorFinding, portFinding } from '../doctor/machine-findings.ts'
import { runtimeFindings } from '../doctor/runtime-findings.ts'
import { type Io, writeEvent, writeLine } from '../io.ts'
import { JSON_EVENTS } from '../option-schema.ts'
import { painter } from '../painter.ts'
import { DEFAULT_TEXT_PORT } from '../serve/serve-schema.ts'

const DOCTOR_SCHEMA = Type.Object({
  host: SERVER_OPTIONS_SCHEMA.properties.host,
  port: SERVER_OPTIONS_SCHEMA.properties.port,
  textPort: Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: DEFAULT_TEXT_PORT,
    description: 'the port of the plain text protocol; 0 picks a free one',
  }),
  json: JSON_EVENTS,
})

/** The command. */
export const doctorCommand = defineCommand({
  name: 'doctor',
  usage: 'doctor [options]',
  summary: 'what this machine and its runtimes can do',
  schema: DOCTOR_SCHEMA,
  notes: [
    'Exit code 6 if something keeps a server from running.',
    '',
    'With --json:',
    '  {"event":"finding","check":"cores","status":"ok","found":"8, one thread each by default"}',
    '      status is ok, note or bad; "advice" says what to do where it is not ok',
  ],
  async run({ host, port, textPort, json }, _positionals, io) {
    let bad = false
    for (const check of [
      () => runtimeFindings('node', io),
      () => runtimeFindings('bun', io),
      coresFinding,
      descriptorFinding,
      () => portFinding(host, port),
      () => portFinding(host, textPort),
    ]) {
      for (const finding of [await check()].flat()) {
        bad ||= finding.status === 'bad'
        if (json) await writeEvent(io.stdout, 'finding', { ...finding })
        else await showFinding(finding, io)
      }
    }
    return bad ? 'unmet' : 'ok'
  },
})

async function showFinding({ check, status, found, advice }: Finding, { stdout, environment }: Io): Promise<void> {
  const paint = painter(stdout, environment)
  const mark = status === 'bad' ? paint.red('bad ') : status === 'note' ? paint.bold('note') : 'ok  '
  await writeLine(stdout, `${mark}  ${check.padEnd(21)}  ${found}`)
  if (advice !== undefined) await writeLine(stdout, `${' '.repeat(29)}${advice}`)
}
