/**
 * Does what somebody does who has just cloned the repository, with an empty home and empty caches: starts it, greets, tests. Needs
 * the network and some minutes, so it is no part of the gate.
 *
 *   node scripts/check-fresh-clone.mjs [--filter=@greetwire/protocol …]     what is given goes to `npm test`; all tests without
 *
 * Two clones with a home of their own each: in one `npm start` comes first, in the other `npm test` with CI=true. Each command runs
 * twice. The tree must be clean after each.
 */

import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { createInterface } from 'node:readline'
import { stripVTControlCharacters } from 'node:util'

const testArguments = process.argv.slice(2)
const repository = path.resolve(import.meta.dirname, '..')
const root = mkdtempSync(path.join(tmpdir(), 'greetwire-clone-'))

try {
  const [person, machine] = [clone('person', {}), clone('machine', { CI: 'true' })]
  for (const time of ['first', 'second']) await timed(person, `npm start, ${time} time`, () => startAndGreet(person))
  for (const time of ['first', 'second']) await timed(machine, `npm test, ${time} time`, () => test(machine))
  await timed(machine, 'npm start behind npm test', () => startAndGreet(machine))
  await timed(person, 'npm test behind npm start', () => test(person))
} finally {
  rmSync(root, { recursive: true, force: true })
}

/** A clone of what is committed, and an environment without anything of this repository or this home. */
function clone(name, more) {
  const folder = path.join(root, name, 'greetwire')
  const home = path.join(root, name, 'home')
  mkdirSync(home, { recursive: true })
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', repository, folder])
  const { PATH = '', LANG = 'C.UTF-8', ...others } = process.env
  // How to reach the registry may be set outside of the home.
  const network = Object.entries(others).filter(([key]) =>
    /^(npm_config_(registry|cafile)|\w*_proxy|node_extra_ca_certs|ssl_cert_file)$/i.test(key),
  )
  const outside = PATH.split(path.delimiter).filter((entry) => !entry.includes('node_modules'))
  const environment = { PATH: outside.join(path.delimiter), HOME: home, LANG, ...Object.fromEntries(network), ...more }
  return { name, folder, environment }
}

async function timed({ name, folder, environment }, what, act) {
  const began = performance.now()
  await act()
  const changes = execFileSync('git', ['status', '--porcelain'], { cwd: folder, encoding: 'utf8' })
  assert.equal(changes, '', `${what} changed the tree`)
  const seconds = ((performance.now() - began) / 1_000).toFixed(1)
  console.log(`${name}${environment.CI ? ' with CI=true' : ''}: ${what}: ${seconds} s, git status clean`)
}

/** `npm start` until it says where it listens, `npx greet Ada`, the text port; then Ctrl-C. */
async function startAndGreet({ folder, environment }) {
  const server = spawn('npm', ['start'], {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(server, 'close')
  const log = []
  try {
    await listening(server, log)
    assert.equal(npx(folder, environment, 'greet', 'Ada'), 'Hello Ada\n')
    assert.equal(npx(path.join(folder, 'packages'), environment, 'greet', 'Ada', 'Bob'), 'Hello Ada\nHello Bob\n')
    assert.equal(await greetAsText('Ada'), 'Hello Ada\n')
  } catch (error) {
    throw new Error(`npm start said: ${log.join('\n')}`, { cause: error })
  } finally {
    // As a terminal does: the signal goes to npm and to what it started.
    if (server.pid) process.kill(-server.pid, 'SIGINT')
  }
  await ended
  assert.match(log.join('\n'), /^Stopped$/m)
}

async function listening(server, log) {
  const ready = new Promise((resolve, reject) => {
    for (const output of [server.stdout, server.stderr]) {
      createInterface({ input: output }).on('line', (line) => {
        log.push(line)
        if (line.startsWith('Listening on ')) resolve()
      })
    }
    server.once('close', (code) => reject(new Error(`npm start ended with exit code ${code}`)))
  })
  await ready
}

function npx(cwd, env, ...args) {
  return execFileSync('npx', args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

async function greetAsText(name) {
  const socket = net.connect({ host: '127.0.0.1', port: 4_357 })
  socket.end(name)
  return text(socket)
}

function test({ folder, environment }) {
  const args = testArguments.length === 0 ? [] : ['--', ...testArguments]
  const { status, stdout } = spawnSync('npm', ['test', ...args], {
    cwd: folder,
    env: environment,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 64 * 1_024 * 1_024,
  })
  if (status !== 0)
    throw new Error(`npm test ended with exit code ${status}:\n${stdout.split('\n').slice(-60).join('\n')}`)
  const [, passed] = /Tests\D+(\d+) passed/.exec(stripVTControlCharacters(stdout)) ?? []
  assert.ok(Number(passed) > 0, 'npm test ran no test')
}
