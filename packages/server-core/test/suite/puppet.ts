/** The test's side of greeters/puppet.ts. */

import { mkdtempSync, rmSync, watch, existsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** The greeter, to be given to `serve`. */
export const PUPPET: URL = new URL('./greeters/puppet.ts', import.meta.url)

let keys = 0

/** Decides when greeters end. */
export class Puppet implements Disposable {
  readonly #channel = new BroadcastChannel('puppet')
  readonly #started = new Set<string>()
  readonly #waiting = new Set<() => void>()
  readonly #directory = mkdtempSync(path.join(tmpdir(), 'greetwire-'))

  constructor() {
    this.#channel.addEventListener('message', ({ data }) => {
      const { started } = data as { started?: string }
      if (started === undefined) return
      this.#started.add(started)
      const waiting = [...this.#waiting]
      this.#waiting.clear()
      for (const resume of waiting) resume()
    })
  }

  /** A key that no other test uses. */
  key(): string {
    return `${process.pid}-${++keys}`
  }

  /** Waits until the greeter of `hold <key>` runs. */
  async started(key: string): Promise<void> {
    while (!this.#started.has(key)) {
      await new Promise<void>((resume) => {
        this.#waiting.add(resume)
      })
    }
  }

  /** Ends the greeter of `hold <key>`. */
  release(key: string): void {
    this.#channel.postMessage({ release: key })
  }

  /** A file that a greeter can be blocked on: `block <file>`. */
  file(): string {
    return path.join(this.#directory, this.key())
  }

  /** Waits until the greeter of `block <file>` runs. */
  async blocked(file: string): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!existsSync(`${file}.started`)) return
        watcher.close()
        resolve()
      }
      const watcher = watch(this.#directory, look)
      look()
    })
  }

  /** Ends the greeter of `block <file>`. */
  unblock(file: string): void {
    writeFileSync(file, '')
  }

  [Symbol.dispose](): void {
    this.#channel.close()
    rmSync(this.#directory, { recursive: true })
  }
}
