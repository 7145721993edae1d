/** The same trivial greeter, as a task of piscina. */

export default function greet(name) {
  return `Hello ${name}`
}
