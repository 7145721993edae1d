/** How a server process of the benchmark tells where it listens, and how it ends. */

/** Prints `{"port":n}` on one line, and ends the process with its standard input. */
export function announce(port: number): void {
  process.stdout.write(`${JSON.stringify({ port })}\n`)
  process.stdin.on('end', () => process.exit(0)).resume()
}
