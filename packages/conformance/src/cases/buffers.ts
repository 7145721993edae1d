/** How much lies in the buffers of the two systems between a peer and the target. */

/** What the buffers of both systems hold at most while nobody reads: on Linux, as it comes, 4 MiB to send, 6 to receive. */
export const BUFFERS_BYTES: number = 10 * 2 ** 20

/** More than the buffers of both systems hold. */
export const OVERFULL_BYTES: number = 2 * BUFFERS_BYTES
