/** Expectations on the frames of a server: each reads on and fails the case when something else comes. */
import { CaseFailure, check, Inconclusive } from '../wire/failure.ts'
import {
  Code,
  FrameType,
  isTerminal,
  ping,
  readError,
  readGoodbye,
  readWelcome,
  Reason,
  type CodeName,
  type Frame,
  type Welcome,
} from '../wire/frame.ts'
import { codeName, describeFrame, quote, typeName } from '../wire/frame-text.ts'
import type { RawPeer } from '../wire/raw-peer.ts'

/** Expects one frame of this type and id. */
export async function expectFrame(peer: RawPeer, type: number, id: number): Promise<Frame> {
  const frame = await peer.next(`${typeName(type)} id=${id}`)
  refuseOverload(frame)
  checkFrame(frame, type, id)
  return frame
}

function checkFrame(frame: Frame, type: number, id: number): void {
  check(
    frame.type === type && frame.id === id,
    () => `expected ${typeName(type)} id=${id}, got ${describeFrame(frame)}`,
  )
}

/** Expects WELCOME and returns its fields; judges nothing when a busy machine is slower than the idle timer. */
export async function expectWelcome(peer: RawPeer): Promise<Welcome> {
  const frame = await peer.next('WELCOME id=0')
  if (frame.type === FrameType.GOODBYE && readGoodbye(frame)?.reason === Reason.IDLE)
    throw new Inconclusive('the idle timer fired before the server had read the HELLO')
  checkFrame(frame, FrameType.WELCOME, 0)
  const fields = readWelcome(frame)
  check(fields !== undefined, 'expected a WELCOME with all its fields')
  return fields
}

/** Expects `Hello ` + name for one id. */
export async function expectGreeting(peer: RawPeer, id: number, name: string | Uint8Array): Promise<void> {
  checkGreeting(await expectFrame(peer, FrameType.GREETING, id), name)
}

/** Expects an ERROR for one request. */
export async function expectRequestError(peer: RawPeer, id: number, code: CodeName, detail?: number): Promise<Frame> {
  const wanted = `ERROR id=${id} ${code}`
  const frame = await peer.next(wanted)
  checkRequestError(frame, id, code, detail)
  return frame
}

/** Expects the PONG of a PING sent before. */
export async function expectPong(peer: RawPeer, id: number): Promise<void> {
  await expectFrame(peer, FrameType.PONG, id)
}

/** Sends PING and expects its PONG as the very next frame: everything before it was judged, and nothing else came of it. */
export async function expectBarrier(peer: RawPeer, id = 0xbabe): Promise<void> {
  peer.send(ping(id))
  await expectPong(peer, id)
}

/** Makes sure that the server answers: with PONG or, where a busy machine is slower than its short timers, with the GOODBYE of one. */
export async function expectAlive(peer: RawPeer): Promise<void> {
  peer.send(ping(0xbabe))
  const frame = await peer.next('PONG id=47806')
  const reason = frame.type === FrameType.GOODBYE ? readGoodbye(frame)?.reason : undefined
  if (reason === Reason.IDLE || reason === Reason.MAX_AGE) return
  checkFrame(frame, FrameType.PONG, 0xbabe)
}

/** Makes sure that the requests sent are taken and still run. When one is greeted first, too much time has passed to judge. */
export async function expectRunning(peer: RawPeer): Promise<void> {
  peer.send(ping(0xbabe))
  const frame = await peer.next('PONG id=47806')
  refuseOverload(frame)
  if (frame.type === FrameType.GREETING)
    throw new Inconclusive(`request ${frame.id} was greeted before it could be looked at`)
  checkFrame(frame, FrameType.PONG, 0xbabe)
}

/** The end of a connection by ERROR with id 0. */
export interface Fatal {
  /** What came before the ERROR. */
  readonly before: readonly Frame[]
  /** The message of the ERROR. */
  readonly message: Buffer
}

/** Expects ERROR with id 0 and this code, then FIN; answers to requests may come before it. */
export async function expectFatal(
  peer: RawPeer,
  code: CodeName | readonly CodeName[],
  detail?: number,
): Promise<Fatal> {
  const codes = typeof code === 'string' ? [code] : code
  const wanted = `ERROR id=0 ${codes.join(' or ')}`
  const before: Frame[] = []
  for (;;) {
    const frame = await peer.next(wanted)
    if (frame.type !== FrameType.ERROR || frame.id !== 0) {
      before.push(frame)
      continue
    }
    const fields = readError(frame)
    check(
      fields !== undefined && codes.some((one) => Code[one] === fields.code),
      () => `expected ${wanted}, got ${describeFrame(frame)}`,
    )
    check(
      detail === undefined || fields.detail === detail,
      () => `expected ${wanted} with detail ${detail}, got ${describeFrame(frame)}`,
    )
    await peer.expectFin(`ERROR ${codeName(fields.code)}`)
    return { before, message: fields.message }
  }
}

/** Expects a fatal error with no other frame before it, and returns its message. */
export async function expectOnlyFatal(
  peer: RawPeer,
  code: CodeName | readonly CodeName[],
  detail?: number,
): Promise<Buffer> {
  const { before, message } = await expectFatal(peer, code, detail)
  check(before.length === 0, () => `expected nothing but ERROR id=0, got ${describeFrame(before[0]!)} before it`)
  return message
}

/** Reads until every id has its terminal frame; any other frame fails the case, save those that `also` accepts. */
export async function collectTerminals(
  peer: RawPeer,
  ids: Iterable<number>,
  also: (frame: Frame) => boolean = () => false,
): Promise<Map<number, Frame>> {
  const open = new Set(ids)
  const terminals = new Map<number, Frame>()
  while (open.size > 0) {
    const frame = await peer.next(`answers to ${open.size} of ${open.size + terminals.size} requests`)
    if (!isTerminal(frame)) {
      check(also(frame), () => `expected answers to ${open.size} requests, got ${describeFrame(frame)}`)
      continue
    }
    refuseOverload(frame)
    check(open.delete(frame.id), () => `expected one answer to each request, got another: ${describeFrame(frame)}`)
    terminals.set(frame.id, frame)
  }
  return terminals
}

/** Expects `Hello ` + name for every id of the map, in any order. */
export async function expectGreetings(peer: RawPeer, names: ReadonlyMap<number, string | Uint8Array>): Promise<void> {
  for (const [id, frame] of await collectTerminals(peer, names.keys())) checkGreeting(frame, names.get(id)!)
}

/** Checks that a frame is the default greeting of a name. */
export function checkGreeting(frame: Frame, name: string | Uint8Array): void {
  const text = typeof name === 'string' ? Buffer.from(name) : Buffer.from(name)
  const wanted = Buffer.concat([Buffer.from('Hello '), text])
  refuseOverload(frame)
  check(frame.type === FrameType.GREETING, () => `expected GREETING id=${frame.id}, got ${describeFrame(frame)}`)
  check(
    frame.payload.equals(wanted),
    () =>
      `expected the greeting ${quote(wanted)}, got ${quote(frame.payload)} (${frame.payload.toString('hex').slice(0, 80)})`,
  )
}

/** Checks that a frame is the ERROR of a request with this code. */
export function checkRequestError(frame: Frame, id: number, code: CodeName, detail?: number): void {
  if (!neverBehindOverload.includes(code)) refuseOverload(frame)
  const fields = frame.type === FrameType.ERROR ? readError(frame) : undefined
  const fits = frame.id === id && fields?.code === Code[code] && (detail === undefined || fields.detail === detail)
  if (!fits)
    throw new CaseFailure(
      `expected ERROR id=${id} ${code}${detail === undefined ? '' : ` detail=${detail}`}, got ${describeFrame(frame)}`,
    )
}

/** Judges nothing when the server is overloaded, which a case that sends much must leave to it. */
export function refuseOverload(frame: Frame): void {
  if (frame.type === FrameType.ERROR && readError(frame)?.code === Code.OVERLOADED) {
    throw new Inconclusive(
      `the server is overloaded (${describeFrame(frame)}); start it with a queue of at least 65,536`,
    )
  }
}

/** Of several codes that apply to a NAME the first is sent: these come before OVERLOADED. */
const neverBehindOverload: readonly CodeName[] = ['NAME_TOO_LONG', 'INVALID_NAME', 'OVERLOADED']
