/** The greeter to begin with: edit the line with the greeting, start the server again, and see it change. */

/** Turns a name into a greeting. It runs in every thread of the server; it may be async. */
export function greet(name: string): string {
  return `Hello ${name}`
}

/** @alias */
export default greet
