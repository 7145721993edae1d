/** A command line as one writes it in a shell. */

/** Joins words, those in quotes that mean something else to a shell. */
export function shellWords(words: readonly string[]): string {
  return words.map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`)).join(' ')
}

const PLAIN = /^[\w@%+=:,./-]+$/
