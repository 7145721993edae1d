/** A directory that is gone with the test that asked for it. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A new directory of its own. */
export class ScratchDirectory implements Disposable {
  readonly path: string = mkdtempSync(path.join(tmpdir(), 'greetwire-e2e-'))

  /** A path inside. */
  file(name: string): string {
    return path.join(this.path, name)
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
