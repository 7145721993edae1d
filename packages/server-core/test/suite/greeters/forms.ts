/** Greeters in every form that a module can export. */

export function greet(name: string): string {
  return `function ${name}`
}

export const later = async (name: string): Promise<string> => {
  await Promise.resolve()
  return `later ${name}`
}

export const object = {
  word: 'object',
  greet(name: string): string {
    return `${this.word} ${name}`
  },
}

/** Constructed once in each thread. */
export default class Counting {
  #count = 0

  greet(name: string): string {
    return `class ${++this.#count} ${name}`
  }
}

export { Counting }

export const neither = { hello: 'world' }

export class Broken {
  constructor() {
    throw new Error('cannot be made on purpose')
  }

  greet(name: string): string {
    return name
  }
}
