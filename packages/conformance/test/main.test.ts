/** The command: what it prints, which exit code it gives, and how it treats targets that are none. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, describe, expect, it } from 'vitest'
import { run } from '../src/main.ts'
import type { RunReport } from '../src/report/run-report.ts'
import { clientCommand, serverCommand } from './reference/judge-mutant.ts'
import { startReference } from './reference/server.ts'

const directory = mkdtempSync(join(tmpdir(), 'greetwire-conformance-'))

const missing = join(directory, 'missing')

afterAll(() => rmSync(directory, { recursive: true }))

const validate = new Ajv2020({ strict: true, allErrors: true, formats: { 'date-time': true } }).compile(
  JSON.parse(readFileSync(new URL('../src/report/report.schema.json', import.meta.url), 'utf8')) as object,
)

/** What the schema of reports finds wrong with a file. */
function misfitsOf(file: string): string {
  return validate(JSON.parse(readFileSync(file, 'utf8'))) ? '' : JSON.stringify(validate.errors)
}

async function conformance(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const io = { stdout: { write: (text: string) => (out += text) }, stderr: { write: (text: string) => (err += text) } }
  return { code: await run(argv, io), out, err }
}

/** A report of no case, changed in this way. */
function reportOf(changed: object): string {
  const asked = { role: 'server', target: 'x', adapter: [], tls: false, strict: false, timeoutScale: 1, seed: 1 }
  return JSON.stringify({
    format: 'greetwire-conformance/1',
    ...asked,
    startedAt: '2026-01-02T03:04:05.678Z',
    durationMs: 1,
    counts: {},
    cases: [],
    ...changed,
  })
}

/** An adapter in one line of JavaScript. */
function script(source: string): string[] {
  return [process.execPath, '-e', source]
}

describe('usage', () => {
  it.each([
    [['nonsense'], /Cannot run "nonsense"/],
    [['server'], /Cannot choose the target/],
    [['server', 'here', '--', 'x'], /Cannot choose the target/],
    [['server', 'no-port'], /Cannot use target "no-port"/],
    [['server', '127.0.0.1:99999'], /Cannot use target/],
    [['client'], /Cannot choose the client/],
    [['server', '127.0.0.1:1', '--frobnicate'], /Cannot read the command line/],
    [['server', '127.0.0.1:1', '--seed', 'x'], /Cannot use --seed "x"/],
    [['server', '127.0.0.1:1', '--run', 'no.such.case'], /no case matches no\.such\.case/],
    [['explain', 'no.such.case'], /Cannot explain "no\.such\.case"/],
    [['server', '127.0.0.1:1', '--run', 'grt.exact', '--run', 'no.such'], /no case matches no\.such/],
    [['server', '127.0.0.1:1', '--skip', 'nothing.here'], /no case matches nothing\.here/],
    [['server', '127.0.0.1:1', '--run', 'grt.exact', '--skip', 'grt.*'], /--skip leaves nothing/],
    [['server', '127.0.0.1:1', '--known-failing', missing], /Cannot read .*missing.*ENOENT/],
    [['server', '127.0.0.1:1', '--json', join(missing, 'x')], /Cannot write .*missing.*ENOENT/],
    [['server', '127.0.0.1:1', '--junit', directory], /Cannot write .*EISDIR/],
    [['server', '127.0.0.1:1', '--html', join(missing, 'x')], /Cannot write .*missing.*ENOENT/],
    [['server', '127.0.0.1:1', '--tls'], /Cannot use --tls/],
    [['client', '--tls', '--', 'x'], /Cannot use --tls/],
    [['list', 'proxy'], /Cannot list "proxy"/],
    [['list', 'server', 'client'], /Cannot list "server client"/],
    [['list', '--run', 'no.such'], /no case matches no\.such/],
    [['list', 'client', '--run', 'utf.**'], /no case matches utf\.\*\*/],
    [['list', '--', 'x'], /Cannot use a command after -- with "list"/],
    [['coverage', 'R-11-4'], /Cannot use "R-11-4"/],
    [['explain', 'grt.exact/nosuch'], /Cannot explain "grt\.exact\/nosuch"/],
    [['replay', missing], /Cannot read .*missing.*ENOENT/],
    [['compare', missing, '--html', join(directory, 'x')], /Cannot read .*missing.*ENOENT/],
    [['replay', fileURLToPath(import.meta.url)], /Cannot read .*: it is not JSON/],
    [['replay'], /Cannot replay/],
    [['compare', 'report.json'], /Cannot compare/],
  ])('%j exits with 2', async (argv, message) => {
    const { code, err } = await conformance(...argv)
    expect(err).toMatch(message)
    expect(code).toBe(2)
  })

  it.each([
    ['null', /it must be an object/],
    ['{"format":"another"}', /format must be one of greetwire-conformance\/1/],
    [reportOf({ cases: [{}] }), /cases\[0\]\.id must be a string/],
    [reportOf({ adapter: 'node server.js' }), /adapter must be an array/],
    [reportOf({ role: 'proxy' }), /role must be one of server, client/],
    [reportOf({ knownFailing: 1 }), /knownFailing must be a string/],
  ])('replay of the report %s exits with 2', async (text, message) => {
    const file = join(directory, 'no-report.json')
    writeFileSync(file, text)
    const { code, err } = await conformance('replay', file)
    expect(err).toMatch(message)
    expect(code).toBe(2)
  })

  it('exits with 1 on a fault of its own', async () => {
    const stdout = {
      write: () => {
        throw new RangeError('out of range')
      },
    }
    expect(await run(['list'], { stdout, stderr: { write: () => undefined } })).toBe(1)
  })

  it('prints its usage', async () => {
    const { code, out } = await conformance('--help')
    expect(out).toContain('greetwire-conformance server HOST:PORT')
    expect(code).toBe(0)
  })

  it('lists at least 250 cases and 1,500 executions', async () => {
    const { out } = await conformance('list')
    const lines = out.trim().split('\n')
    expect(lines.length).toBeGreaterThanOrEqual(250)
    expect(lines.reduce((sum, line) => sum + Number(line.split('  ')[2]), 0)).toBeGreaterThanOrEqual(1_500)
  })

  it('explains a case and a requirement', async () => {
    expect((await conformance('explain', 'utf.state-leak')).out).toContain('[R-11-4]')
    expect((await conformance('explain', 'R-11-4')).out).toContain('utf.state-leak')
  })

  it('covers every MUST', async () => {
    const { code, out } = await conformance('coverage')
    expect(out).toContain('utf.state-leak: R-11-4')
    expect(code).toBe(0)
  })
})

/** A client adapter that is right until it is told to connect; `does` is what it does then. */
function connecting(does: string): string[] {
  return script(
    `console.log('{"ready":true}')
     require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
       const { id, command } = JSON.parse(line)
       const answer = (outcome) => console.log(JSON.stringify({ id, outcome }))
       if (command === "connect") { ${does} } else answer("unsupported")
     })`,
  )
}

describe('targets that are none', () => {
  it.each([
    ['never starts', ['/no/such/program'], /exited with code 127/],
    ['dies', script('process.exit(7)'), /code 7/],
    [
      'prints nonsense',
      script('process.stdin.on("data", () => console.log("ready!"))'),
      /must exit 89 .* but it answered "ready!"/,
    ],
    [
      'says yes to everything',
      script('process.stdin.on("data", () => console.log(JSON.stringify({host:"127.0.0.1",port:1})))'),
      /must exit 89/,
    ],
    ['hangs', script('setInterval(() => {}, 1000)'), /neither answered nor exited/],
    [
      'prints nonsense after a good probe',
      script(
        'process.stdin.on("data", (line) => { if (String(line).includes("NotExist")) process.exit(89); console.log("ready!") })',
      ),
      /must be JSON/,
    ],
    [
      'dies after a good probe',
      script('process.stdin.on("data", (line) => process.exit(String(line).includes("NotExist") ? 89 : 7))'),
      /exited with code 7 before it printed its address/,
    ],
    [
      'hangs after a good probe',
      script(
        'process.stdin.on("data", (line) => String(line).includes("NotExist") && process.exit(89)); setInterval(() => {}, 1000)',
      ),
      /no line on stdout/,
    ],
    [
      'names no port',
      script(
        'process.stdin.on("data", (line) => { if (String(line).includes("NotExist")) process.exit(89); console.log(\'{"host":"x"}\') })',
      ),
      /needs "port"/,
    ],
    [
      'listens nowhere',
      script(
        'process.stdin.on("data", (line) => { if (String(line).includes("NotExist")) process.exit(89); console.log(\'{"host":"127.0.0.1","port":1}\') })',
      ),
      /ECONNREFUSED/,
    ],
  ])('a server adapter that %s exits with 3', async (_what, command, message) => {
    const { code, err } = await conformance('server', '--timeout-scale', '0.05', '--', ...command)
    expect(err).toMatch(message)
    expect(code).toBe(3)
  })

  it.each([
    ['never starts', ['/no/such/program'], /exited with code 127/],
    ['dies', script('process.exit(7)'), /exited with code 7/],
    [
      'dies at its first command',
      script('console.log(\'{"ready":true}\'); process.stdin.on("data", () => process.exit(7))'),
      /process ended \(code 7\)/,
    ],
    ['prints nonsense', script('console.log("hi")'), /first line must be/],
    ['hangs', script('setInterval(() => {}, 1000)'), /no line on stdout/],
    [
      'says ok to everything',
      script(
        'console.log(\'{"ready":true}\'); require("readline").createInterface({input:process.stdin}).on("line", (l) => console.log(JSON.stringify({id:JSON.parse(l).id,outcome:"done"})))',
      ),
      /must answer "unsupported"/,
    ],
    ['answers nothing', script('console.log(\'{"ready":true}\'); setInterval(() => {}, 1000)'), /did not answer/],
    [
      'answers nonsense',
      script('console.log(\'{"ready":true}\'); process.stdin.on("data", () => console.log("what?"))'),
      /no outcome/,
    ],
    ['dies when it is to connect', connecting('console.error("boom"); process.exit(5)'), /ended \(code 5\): boom/],
    ['prints nonsense when it is to connect', connecting('console.log("what?")'), /no outcome of a command: "what\?"/],
    ['cannot connect', connecting('answer("unsupported")'), /expected connect to be obeyed, since every client has it/],
    ['says that it failed', connecting('answer("error")'), /expected the client to connect, got .*"outcome":"error"/],
    ['hangs when it is to connect', connecting(''), /expected the client to connect, it did not/],
  ])('a client adapter that %s exits with 3', async (_what, command, message) => {
    const { code, err } = await conformance('client', '--timeout-scale', '0.05', '--', ...command)
    expect(err).toMatch(message)
    expect(code).toBe(3)
  })

  it('an address where nobody listens exits with 3', async () => {
    const { code, err } = await conformance('server', '127.0.0.1:1')
    expect(err).toContain('ECONNREFUSED')
    expect(code).toBe(3)
  })
})

describe('verdicts', () => {
  const few = ['--run', 'grt.exact', '--run', 'grt.verbatim', '--seed', '7']
  const json = join(directory, 'report.json')

  it('exits with 0 and writes every report for a server that passes', async () => {
    const html = join(directory, 'report.html')
    const junit = join(directory, 'report.xml')
    const { code, out } = await conformance(
      'server',
      ...few,
      '--json',
      json,
      '--html',
      html,
      '--junit',
      junit,
      '--',
      ...serverCommand([]),
    )
    expect(out).toMatch(/2 cases, 21 executions in .* 21 PASS \(seed 7\)/)
    expect(code).toBe(0)
    expect(misfitsOf(json)).toBe('')
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({
      format: 'greetwire-conformance/1',
      role: 'server',
      seed: 7,
      counts: { PASS: 21 },
    })
    expect(readFileSync(html, 'utf8')).toContain('<summary>PASS')
    expect(readFileSync(junit, 'utf8')).toContain('tests="21" failures="0" errors="0" skipped="0"')
  })

  it.each([
    ['server', 'grt.exact', serverCommand([])],
    ['client', 'c.open.bytes', clientCommand([])],
  ])('judges a %s behind a shell', async (role, id, command) => {
    const shell = ['sh', '-c', '"$0" "$@"; exit $?', ...command]
    const { code, out } = await conformance(role, '--run', id, '--', ...shell)
    expect(out).toMatch(/1 execution in .* 1 PASS/)
    expect(code).toBe(0)
  })

  it('exits with 6, quotes the requirement and says how to repeat a failure', async () => {
    const { code, out } = await conformance('server', ...few, '--json', json, '--', ...serverCommand(['strip-bom']))
    expect(out).toContain('FAIL grt.verbatim/bom')
    expect(out).toContain('[R-11-3] A receiver')
    expect(out).toContain('--run grt.verbatim/bom --seed 7 --')
    expect(code).toBe(6)
  })

  it('replays the failures of a report', async () => {
    const { code, out } = await conformance('replay', json)
    expect(out).toMatch(/1 case, 1 execution in .* 1 FAIL \(seed 7\)/)
    expect(code).toBe(6)
  })

  it('replays with the same words and in the same way', async () => {
    const file = join(directory, 'spaces.json')
    const known = join(directory, 'known to fail')
    writeFileSync(known, 'c.open.bytes\n')
    const adapter = [...clientCommand(['no-cancel']), 'a word', '--', "it's"]
    const asked = ['--strict', '--timeout-scale', '0.3', '--known-failing', known]
    const judged = await conformance('client', '--run', 'c.can.timeout', ...asked, '--json', file, '--', ...adapter)
    expect(judged.out).toContain(`--strict --timeout-scale 0.3 --known-failing '${known}' --run c.can.timeout --seed`)
    expect(judged.out).toContain(String.raw`no-cancel 'a word' -- 'it'\''s'`)
    expect(judged.code).toBe(6)
    expect(misfitsOf(file)).toBe('')
    const again = await conformance('replay', file, '--json', file)
    expect(again.out).toContain('1 FAIL')
    expect(again.code).toBe(6)
    const { strict, timeoutScale, knownFailing, adapter: command } = JSON.parse(readFileSync(file, 'utf8')) as RunReport
    expect([strict, timeoutScale, knownFailing, command]).toEqual([true, 0.3, known, adapter])
  })

  it('repeats as often as the failure was repeated', async () => {
    const file = join(directory, 'repeated.json')
    const judged = await conformance(
      'server',
      ...few,
      '--repeat',
      '3',
      '--json',
      file,
      '--',
      ...serverCommand(['trim']),
    )
    expect(judged.out).toContain('--seed 7 --repeat 3 --')
    await conformance('replay', file, '--json', file)
    expect((JSON.parse(readFileSync(file, 'utf8')) as RunReport).repeat).toBe(3)
    expect(misfitsOf(file)).toBe('')
  })

  it('asks for a server inside TLS with --tls', async () => {
    const server = await startReference({}, () => false)
    const adapter = script(
      `process.stdin.on("data", (line) => { if (/NotExist|tls/.test(line)) process.exit(89); console.log('{"host":"127.0.0.1","port":${server.port}}') }); setInterval(() => {}, 1000)`,
    )
    const { out } = await conformance('server', '--tls', '--run', 'grt.exact', '--', ...adapter)
    server.close()
    expect(out).toContain('1 UNSUPPORTED: the adapter lacks one of: tls.keyFile, tls.certFile')
  })

  it('judges inside TLS, and replays that inside TLS', async () => {
    const file = join(directory, 'tls.json')
    const { code } = await conformance('server', '--tls', ...few, '--json', file, '--', ...serverCommand(['strip-bom']))
    expect(code).toBe(6)
    const again = await conformance('replay', file, '--json', file)
    expect(again.out).toContain('greetwire-conformance server --tls --run grt.verbatim/bom --seed 7 --')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ tls: true, counts: { FAIL: 1, PASS: 0 } })
  })

  it('puts the reports of several implementations side by side', async () => {
    const [right, page] = [join(directory, 'right.json'), join(directory, 'both.html')]
    await conformance('server', ...few, '--json', right, '--', ...serverCommand([]))
    const { code, out } = await conformance('compare', right, json, '--html', page)
    expect(out).toMatch(/21 PASS \(seed 7\)\nserver .* 1 FAIL/)
    const text = readFileSync(page, 'utf8')
    const rows = text.split('<tr>').filter((row) => row.includes('<b>grt.verbatim</b>'))
    expect(rows.map((row) => row.match(/<summary>(\w+)/g))).toEqual([['<summary>PASS', '<summary>FAIL']])
    expect(text).toContain('NAME id=')
    expect(code).toBe(6)
  })

  it('expects the failures that a file lists, and fails when one of them passes', async () => {
    const file = join(directory, 'known-failing')
    writeFileSync(file, '# the server strips it\ngrt.verbatim/bom\n')
    expect(
      (await conformance('server', ...few, '--known-failing', file, '--', ...serverCommand(['strip-bom']))).code,
    ).toBe(0)
    const fixed = await conformance('server', ...few, '--known-failing', file, '--', ...serverCommand([]))
    expect(fixed.out).toMatch(/^XPASS grt.verbatim\/bom: .*\n  it passed, although it is listed as failing$/m)
    expect(fixed.code).toBe(6)
    writeFileSync(file, 'grt.no-such-case\n')
    expect((await conformance('server', ...few, '--known-failing', file, '--', ...serverCommand([]))).code).toBe(2)
  })

  it('says on one line what it has not run after --bail', async () => {
    const { code, out } = await conformance(
      'server',
      ...few,
      '--run',
      'utf.**',
      '--bail',
      '--',
      ...serverCommand(['strip-bom']),
    )
    expect(out).toMatch(/^  [\d,]+ NOT-RUN: the run was ended by --bail$/m)
    expect(out).not.toMatch(/^NOT-RUN/m)
    expect(code).toBe(6)
  })

  it('fails a broken SHOULD only under --strict', async () => {
    const client = ['--run', 'c.can.timeout', '--', ...clientCommand(['no-cancel'])]
    expect((await conformance('client', '--timeout-scale', '0.3', ...client)).code).toBe(0)
    expect((await conformance('client', '--timeout-scale', '0.3', '--strict', ...client)).code).toBe(6)
  })

  it('runs as a program of its own', async () => {
    const bin = fileURLToPath(new URL('../bin/greetwire-conformance.mjs', import.meta.url))
    const out = await new Promise<string>((resolve) =>
      execFile(process.execPath, [bin, 'list', 'client'], (_error, stdout) => resolve(stdout)),
    )
    expect(out).toContain('c.open.bytes')
  })
})
