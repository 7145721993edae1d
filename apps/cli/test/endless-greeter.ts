/** Never ends to load. */

console.error('loading')
await new Promise(() => undefined)

export default String
