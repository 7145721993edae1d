/** A greeter as an object: the server calls its method `greet`. Each thread has its own, so what it counts is what its thread did. */

/** Greets politely, and tells how often it did. */
export class PoliteGreeter {
  readonly #title: string
  #greeted = 0

  constructor(title = 'dear') {
    this.#title = title
  }

  greet(name: string): string {
    this.#greeted++
    return `Good day, ${this.#title} ${name} (guest number ${this.#greeted} of this thread)`
  }
}

export default new PoliteGreeter()
