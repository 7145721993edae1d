/** Greets everybody but `never`, whose greeting does not come, and `exit`, whose thread dies. */
export default function greet(name: string): string | Promise<string> {
  if (name === 'exit') process.exit(1)
  return name === 'never' ? new Promise(() => undefined) : `Hello ${name}`
}
