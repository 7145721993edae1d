/** Bytes written as hexadecimal pairs, and back. */

export function fromHex(hex: string): Uint8Array {
  const digits = hex.replaceAll(/\s/g, '')
  if (!/^(?:[0-9a-f]{2})*$/i.test(digits)) throw new Error(`Cannot read hex: "${hex}"`)
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    parseInt(digits.slice(index * 2, index * 2 + 2), 16),
  )
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}
