/** The reference client as an adapter in a process of its own: `node client-main.ts [--bug NAME]…`. */
import { createInterface } from 'node:readline'
import { ClientCommands } from './client-commands.ts'

const traits = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const commands = new ClientCommands(
  (trait) => traits.includes(trait),
  (line) => console.log(line),
)
createInterface({ input: process.stdin }).on('line', (line) => void commands.obey(line))
