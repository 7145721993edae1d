/** One greeter in each form that has an address. */

/** A function: what a function pointer names. */
export function greet(name: string): string {
  return `Good day ${name}`
}

/** An object with a method. */
export const polite = {
  title: 'dear',
  greet(name: string): string {
    return `Hello ${this.title} ${name}`
  },
}

/** A class, which each thread makes an instance of: a function object with a state of its own. */
export class Formal {
  readonly #word = 'Greetings'

  greet(name: string): string {
    return `${this.#word}, ${name}`
  }
}

export default (name: string): string => `Hey ${name}`
