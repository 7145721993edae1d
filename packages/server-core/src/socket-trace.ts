/** Shows each stage of each socket to whoever asked for it (`greet serve -v`); a server that nobody watches has no trace of this. */

import type { PortProtocol } from './connection-host.ts'
import type { ListenRequest, SocketStage } from './listener.ts'
import type { SocketEvents, SocketPort } from './socket-port.ts'

/** One stage of a socket. */
export interface TraceEvent {
  readonly stage: SocketStage
  /** The index of the shard, from 0 as everywhere; undefined in the main thread. */
  readonly thread: number | undefined
  /** What is spoken on the socket. */
  readonly protocol: PortProtocol
  /** The number of the connection within its thread and protocol, from 1; absent for a listening socket. */
  readonly connection?: number
  readonly text: string
  /** What was received or sent. */
  readonly bytes?: Uint8Array
}

/** Where trace events go. */
export type Trace = (event: TraceEvent) => void

/** Takes an accepted socket in. */
export type Accept = ListenRequest['accept']

/** What all events of one listening socket have in common. */
export type TraceSource = Pick<TraceEvent, 'thread' | 'protocol'>

/** Wraps an accept function so that every stage of every connection is shown; `close` comes last, once, if the peer is the cause too. */
export function traceConnections(accept: Accept, source: TraceSource, trace: Trace): Accept {
  let connections = 0
  return (port, peer) => {
    const connection = ++connections
    let closed = false
    const show: Show = (stage, text, bytes) => {
      if (closed) return
      closed = stage === 'close'
      trace({ stage, ...source, connection, text, ...(bytes && { bytes: bytes.slice() }) })
    }
    show('accept', `from ${peer()}`)
    return tracedEvents(accept(tracedPort(port, show), peer), show)
  }
}

type Show = (stage: SocketStage, text: string, bytes?: Uint8Array) => void

function tracedPort(port: SocketPort, show: Show): SocketPort {
  return {
    write(bytes) {
      show('send', `${bytes.length} bytes`, bytes)
      return port.write(bytes)
    },
    pause: () => port.pause(),
    resume: () => port.resume(),
    halfClose() {
      show('send', 'our FIN')
      port.halfClose()
    },
    close() {
      show('close', 'socket released')
      port.close()
    },
    reset() {
      show('close', 'reset, RST sent')
      port.reset()
    },
  }
}

function tracedEvents(events: SocketEvents, show: Show): SocketEvents {
  return {
    data(chunk) {
      show('receive', `${chunk.length} bytes`, chunk)
      events.data(chunk)
    },
    end() {
      show('receive', 'FIN of the peer')
      events.end()
    },
    written: (count) => events.written(count),
    closed() {
      show('close', 'by the peer')
      events.closed()
    },
  }
}
