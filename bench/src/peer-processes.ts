/** Starts the peers that are not scripts of ours; by hand, on loopback, without anything on disk. */

import net from 'node:net'
import { fileURLToPath } from 'node:url'
import { type RunningProcess, startProcess, startSilent } from './server-process.ts'

/** Starts Redis without persistence. */
export async function startRedis(cores: string | undefined): Promise<RunningProcess> {
  const port = await freePort()
  const words = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no', '--daemonize', 'no']
  return startSilent({ command: 'redis-server', words, cores }, port, () => accepts(port))
}

/** Starts a NATS server and one responder that greets, on the same cores. */
export async function startNats(cores: string | undefined): Promise<RunningProcess> {
  const port = await freePort()
  const words = ['--addr', '127.0.0.1', '--port', String(port)]
  const env = cores === undefined ? {} : { GOMAXPROCS: String(cores.split(',').length) }
  const server = await startSilent({ command: 'nats-server', words, cores, env }, port, () => accepts(port))
  const script = fileURLToPath(new URL('../servers/nats-responder-node.ts', import.meta.url))
  const responder = await startProcess({ command: process.execPath, words: [script, String(port)], cores })
  return {
    port,
    pids: [...server.pids, ...responder.pids],
    cores: server.cores,
    cpuSeconds: () => server.cpuSeconds() + responder.cpuSeconds(),
    residentBytes: () => server.residentBytes() + responder.residentBytes(),
    descriptors: () => server.descriptors(),
    async stop() {
      await responder.stop()
      await server.stop()
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as net.AddressInfo
      probe.close((error) => (error ? reject(error) : resolve(port)))
    })
  })
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    const settle = (accepted: boolean): void => {
      socket.destroy()
      resolve(accepted)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', () => setTimeout(settle, 20, false))
  })
}
