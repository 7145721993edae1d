/**
 * Greets only when everybody is there: the greeting of `Ada of 4` waits until four such requests are at work at the same time, in
 * whatever threads. If requests were worked on one after the other, the first would wait for ever.
 */

const channel = new BroadcastChannel('meeting')
const present = new Set<string>()
const waiting = new Set<() => void>()

channel.addEventListener('message', ({ data }) => {
  const before = present.size
  for (const request of data as string[]) present.add(request)
  // Whoever came after us has not heard of us.
  if (present.size > before) channel.postMessage([...present])
  for (const look of waiting) look()
})

export function greet(request: string): Promise<string> {
  const [name = '', count = ''] = request.split(' of ')
  present.add(request)
  channel.postMessage([...present])
  return new Promise((resolve) => {
    const look = (): void => {
      const there = [...present].filter((each) => each.endsWith(` of ${count}`))
      if (there.length < Number(count)) return
      waiting.delete(look)
      resolve(`Hello ${name}`)
    }
    waiting.add(look)
    for (const each of waiting) each()
  })
}
