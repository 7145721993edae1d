/**
 * Installs the packed packages where nothing of this repository is, with npm and in one command, and uses them from Node and Bun:
 * both servers, the client, the protocol, every command.
 *
 * `sh scripts/check-packages.sh` packs them and runs this. npm fetches what they depend on.
 */

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'

const packed = path.resolve(process.argv[2] ?? '.pack')
const folder = mkdtempSync(path.join(tmpdir(), 'greetwire-packages-'))
const runtimes = ['node', 'bun'].map((name) => ({
  name,
  binary: execFileSync(name, ['-p', 'process.execPath'], { encoding: 'utf8' }).trim(),
}))
const environment = withoutThisRepository(process.env)

try {
  install()
  // As the README of the suite says it: npx finds the command by the name of its package.
  const ours = { ...environment, PATH: `${path.dirname(runtimes[0].binary)}${path.delimiter}${environment.PATH}` }
  assert.match(run('npx', ['--no-install', '@greetwire/conformance', 'list', 'server'], ours), /^open\.hello /m)
  for (const { name, binary } of runtimes) {
    run(binary, ['use.mjs'])
    for (const command of commands()) run(binary, [command, '--help'])
    await useCommands(binary)
    console.log(`${name}: the installed packages work`)
  }
} finally {
  rmSync(folder, { recursive: true })
}

function install() {
  const tarballs = readdirSync(packed).filter((file) => file.endsWith('.tgz'))
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  copyFileSync(path.join(import.meta.dirname, 'installed-packages/use.mjs'), path.join(folder, 'use.mjs'))
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
  run('npm', ['install', ...quiet, ...tarballs.map((file) => path.join(packed, file))])
}

/** The commands that the installed packages bring, as files. */
function commands() {
  const scope = path.join(folder, 'node_modules/@greetwire')
  return readdirSync(scope).flatMap((name) => {
    const { bin = {} } = JSON.parse(readFileSync(path.join(scope, name, 'package.json'), 'utf8'))
    return Object.values(bin).map((file) => path.join(scope, name, file))
  })
}

async function useCommands(binary) {
  const greet = path.join(folder, 'node_modules/@greetwire/cli/bin/greet.mjs')
  const conformance = path.join(folder, 'node_modules/@greetwire/conformance/bin/greetwire-conformance.mjs')
  const server = spawn(binary, [greet, 'serve', '--json', '--port', '0', '--text-port', '0'], {
    cwd: folder,
    env: environment,
  })
  const ended = new Promise((resolve) => server.once('close', resolve))
  try {
    const [line] = await Array.fromAsync(first(createInterface({ input: server.stdout })))
    const { address } = JSON.parse(line)
    assert.equal(run(binary, [greet, 'Ada', '--server', address]), 'Hello Ada\n')
    // The command throws with the output of the suite if a case fails.
    run(binary, [conformance, 'server', new URL(address).host, '--run', 'open.*'])
  } finally {
    server.kill()
  }
  assert.equal(await ended, 0)
}

async function* first(lines) {
  for await (const line of lines) {
    yield line
    return
  }
}

function run(command, args, env = environment) {
  return execFileSync(command, args, {
    cwd: folder,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

/** The environment without what package managers put there, which would let packages of the repository be found. */
function withoutThisRepository({ NODE_PATH: _nodePath, PATH = '', ...rest }) {
  const plain = Object.entries(rest).filter(([name]) => !/^npm_/i.test(name))
  const outside = PATH.split(path.delimiter).filter((entry) => !entry.includes('node_modules'))
  return { ...Object.fromEntries(plain), PATH: outside.join(path.delimiter) }
}
