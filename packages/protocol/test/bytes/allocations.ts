/** Counts what the code under test costs in bytes: allocated for buffers, and copied from one buffer into another. */

import { vi } from 'vitest'

export interface ByteCost {
  /** The sum of the sizes of the buffers made with `new Uint8Array(size)`. */
  readonly allocated: number
  /** The largest of these buffers. */
  readonly largest: number
  /** The sum of what `set` copied. */
  readonly copied: number
}

/** Runs `work` and returns what it cost. */
export function byteCostOf(work: () => void): ByteCost {
  const cost = { allocated: 0, largest: 0, copied: 0 }
  const Original = globalThis.Uint8Array
  const typedArrayPrototype = Object.getPrototypeOf(Original.prototype) as Uint8Array
  // oxlint-disable-next-line typescript/unbound-method
  const { set } = typedArrayPrototype
  const setSpy = vi.spyOn(typedArrayPrototype, 'set').mockImplementation(function (this: Uint8Array, source, offset) {
    cost.copied += source.length
    set.call(this, source, offset)
  })
  globalThis.Uint8Array = new Proxy(Original, {
    construct(target, parameters: [unknown], newTarget) {
      const [size] = parameters
      if (typeof size === 'number') {
        cost.allocated += size
        cost.largest = Math.max(cost.largest, size)
      }
      return Reflect.construct(target, parameters, newTarget) as Uint8Array
    },
  })
  try {
    work()
  } finally {
    globalThis.Uint8Array = Original
    setSpy.mockRestore()
  }
  return cost
}
