/**
 * Makes text from the network safe to show: a name or greeting must not move the cursor, colour the terminal or reorder a line.
 *
 * Escaped are control characters (ANSI sequences begin with one), separators of lines, bidirectional controls, other invisible
 * format characters that can hide text, and lone surrogates. The joiners that scripts and emoji need are left alone.
 */

/** The text with everything unsafe written as `\n`, `\x1b` or `\u{202e}`. Only `--json` tells such an escape from the same letters. */
export function printableText(text: string): string {
  return text.replace(UNSAFE, escapeCharacter)
}

/** The text between quotes, for messages, with quotes and backslashes escaped too. */
export function quotedText(text: string): string {
  return `"${printableText(text.replaceAll(/["\\]/g, String.raw`\$&`))}"`
}

/** The object as JSON that is safe to show: what JSON leaves as it is and a terminal would obey becomes `\u202e`. */
export function printableJson(value: unknown): string {
  // Outside its strings JSON holds none of these characters, so replacing them everywhere keeps it valid.
  return JSON.stringify(value).replace(UNSAFE_IN_JSON, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

const UNSAFE =
  /[\p{Cc}\p{Surrogate}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu
// Without control characters below U+0020, which JSON.stringify escapes, and beyond U+FFFF, which take two escapes.
const UNSAFE_IN_JSON =
  /[\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g

const SHORT_ESCAPES: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function escapeCharacter(character: string): string {
  const short = SHORT_ESCAPES[character]
  if (short) return short
  const code = character.codePointAt(0) as number
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}
