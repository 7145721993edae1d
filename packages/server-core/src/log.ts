/** A line for the operator, of a session or a thread. It never holds bytes of a peer unescaped. */
export type Log = (level: 'info' | 'warn' | 'error', line: string) => void

/** The text as part of one line that no terminal obeys: control characters are written `\u000a`. */
export function logText(text: string): string {
  return text.replace(CONTROL_CHARACTERS, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/g
