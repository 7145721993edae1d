/**
 * How the greeting threads of a pool make way for the thread that owns the sockets.
 *
 * A greeter that burns CPU keeps its core until the scheduler ends its turn. With as many such threads as cores, a PING that arrives
 * waits for one of those ends, which takes milliseconds. A thread that is a little less urgent is interrupted at once
 * (bench/NOTES.md). How much CPU time the greeters get hardly changes: the other thread needs little.
 */

/** The nice value of the thread that calls: the higher, the less urgent. */
export interface ThreadNice {
  read(): number
  /** May throw, where somebody forbids it. */
  write(nice: number): void
}

/** Makes the calling thread a little less urgent, where the system can do that for a thread alone. */
export function giveWay(nice: ThreadNice | undefined): void {
  if (!nice) return
  try {
    nice.write(Math.min(nice.read() + GREETING_NICE, HIGHEST_NICE))
  } catch {
    // A sandbox may forbid it. Then a PING may have to wait longer, and nothing else is different.
  }
}

/** Little, because the threads become less urgent than other processes too; more than this gained nothing. */
const GREETING_NICE = 2

const HIGHEST_NICE = 19
