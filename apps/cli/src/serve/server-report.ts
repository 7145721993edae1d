/** Tells what happens to a running server: as events on stdout with `--json`, as lines on stderr without. */

import type { Server, ServerEvents, ServerStats } from '@greetwire/server-core'
import { counted } from '../counted.ts'
import { type Io, writeEvent, writeLine } from '../io.ts'
import { announcement } from './server-announcement.ts'

/** Where a server tells its story. Every method rejects with OutputClosed once nobody reads stdout any more. */
export interface ServerReport {
  listening(server: Server, pid: number): Promise<void>
  threadLost(detail: ServerEvents['thread-lost']): Promise<void>
  threadReady(detail: ServerEvents['thread-ready']): Promise<void>
  draining(stats: ServerStats, drainTimeoutMs: number): Promise<void>
  stopped(): Promise<void>
}

/** The report for programs. */
export function eventReport({ stdout }: Io): ServerReport {
  return {
    listening: ({ address, textAddress, runtime, threading, threads }, pid) =>
      writeEvent(stdout, 'listening', { address, textAddress, runtime, threading, threads, pid }),
    threadLost: ({ index, loss }) => writeEvent(stdout, 'thread-lost', { index, loss }),
    threadReady: ({ index }) => writeEvent(stdout, 'thread-ready', { index }),
    draining: (stats, drainTimeoutMs) => writeEvent(stdout, 'draining', { drainTimeoutMs, ...stats }),
    stopped: () => writeEvent(stdout, 'stopped', {}),
  }
}

/** The report for people. */
export function lineReport({ stderr }: Io): ServerReport {
  return {
    listening: (server) => stderr.write(`${announcement(server).join('\n')}\n`),
    threadLost: ({ index, loss }) =>
      writeLine(stderr, `Thread ${index} ${loss === 'hung' ? 'showed no life' : 'died'}; another takes its place`),
    threadReady: ({ index }) => writeLine(stderr, `Thread ${index} works`),
    draining: ({ connectionsOpen, connectionsAccepted, requests }, drainTimeoutMs) =>
      writeLine(
        stderr,
        `Draining${drainTimeoutMs === 0 ? '' : ` for up to ${drainTimeoutMs / 1_000} s`}: ${connectionsOpen} of ${connectionsAccepted} connections are open, ` +
          `${counted(requests, 'request')} taken; a second signal, a quarter of a second later or more, stops at once`,
      ),
    stopped: () => writeLine(stderr, 'Stopped'),
  }
}
