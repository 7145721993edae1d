import { expect, expectTypeOf, it } from 'vitest'
import {
  type Client,
  connect,
  type Greeted,
  type GreetError,
  type NotGreeted,
  resolveClientOptions,
} from '../src/index.ts'

it('reads as documented', () => {
  expectTypeOf(connect).returns.resolves.toEqualTypeOf<Client>()
  expectTypeOf(connect).toBeCallableWith('tcp://127.0.0.1:4356', { timeoutMs: 1_000, tls: { ca: 'PEM' } })
  expectTypeOf<Client['greet']>().toBeCallableWith('Ada', {
    signal: AbortSignal.abort(),
    timeoutMs: 5,
    idempotent: true,
  })
  expectTypeOf<Client['greet']>().returns.resolves.toEqualTypeOf<string>()
  expectTypeOf<Client['ping']>().returns.resolves.toEqualTypeOf<number>()
  expectTypeOf<Client>().toExtend<AsyncDisposable>()
  expectTypeOf<GreetError['executed']>().toEqualTypeOf<'never' | 'maybe' | 'yes'>()
  expectTypeOf(resolveClientOptions({}).timeoutMs).toEqualTypeOf<number>()

  const client = undefined as unknown as Client
  const results = (): unknown => [
    expectTypeOf(client.greetAll(['a'])).toEqualTypeOf<AsyncGenerator<Greeted, void, undefined>>(),
    expectTypeOf(client.greetAll(new Set(['a']), { concurrency: 64 })).toEqualTypeOf<
      AsyncGenerator<Greeted, void, undefined>
    >(),
    expectTypeOf(client.greetAll([], { errors: 'yield' })).toEqualTypeOf<
      AsyncGenerator<Greeted | NotGreeted, void, undefined>
    >(),
    client.on('goodbye', ({ last }) => expectTypeOf(last).toEqualTypeOf<number>()),
    // @ts-expect-error: a name is a string
    client.greet(42),
    // @ts-expect-error: there is no such option
    client.greet('Ada', { timeout: 5 }),
  ]
  expect(results).toBeTypeOf('function')
})
