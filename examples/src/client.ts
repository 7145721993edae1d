import { connect } from '@greetwire/client'

await using client = await connect('tcp://127.0.0.1:4356', { timeoutMs: 1_000 })
console.log(await client.greet('Ada'))
for await (const { name, greeting } of client.greetAll(['Grace', 'Edsger', 'Barbara'])) {
  console.log(`${name}: ${greeting}`)
}
