/** What `greet serve` says once it listens: where, and what to type in a second terminal. */

import type { Server } from '@greetwire/server-core'
import { counted } from '../counted.ts'

/** The address a client on this machine uses: one that means "every address" becomes the local one. */
export function reachableAddress(address: string): string {
  return address.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
}

/** The lines for a person. */
export function announcement({ address, textAddress, runtime, threading, threads }: Server): string[] {
  const target = reachableAddress(address)
  const option = target === DEFAULT_TARGET ? '' : ` --server ${target}`
  const hints: [string, string][] = [
    [`npx greet Ada${option}`, 'Hello Ada'],
    [`npx greet Ada -vv${option}`, 'the same, with every frame annotated byte by byte'],
  ]
  if (textAddress !== undefined) {
    const { hostname, port } = new URL(reachableAddress(textAddress))
    hints.push([`printf Ada | nc -N ${hostname.replace(/^\[|\]$/g, '')} ${port}`, 'the plain text port'])
  }
  const widest = Math.max(...hints.map(([command]) => command.length))
  const text = textAddress === undefined ? '' : `, plain text on ${textAddress}`
  return [
    `Listening on ${address}${text} (${runtime}, ${threading}, ${counted(threads, 'thread')})`,
    'In a second terminal:',
    ...hints.map(([command, meaning]) => `  ${command.padEnd(widest)}   ${meaning}`),
    'Ctrl-C answers what is in flight and stops',
  ]
}

const DEFAULT_TARGET = 'tcp://127.0.0.1:4356'
