import { describe, expect, it } from 'vitest'
import { FairQueue } from '../src/fair-queue.ts'
import { PoolRequest, PoolRequester } from '../src/pool-request.ts'

import { FakeRequester } from './engine-support.ts'

const [ada, bob, cyd] = [pooled(), pooled(), pooled()]
const request = (requester: PoolRequester, id: number) => {
  const made = new PoolRequest(requester, id, 'name')
  requester.add(made)
  return made
}

function pooled(): PoolRequester {
  return new PoolRequester(new FakeRequester())
}

function queueOf(...requests: PoolRequest[]): FairQueue {
  const queue = new FairQueue()
  for (const each of requests) queue.push(each)
  return queue
}

function drained(queue: FairQueue): number[] {
  const ids: number[] = []
  for (let [next] = queue.take(1, 1); next; [next] = queue.take(1, 1)) ids.push(next.id)
  return ids
}

describe('FairQueue', () => {
  it('takes from requesters in turn and keeps the order of each', () => {
    const queue = queueOf(request(ada, 1), request(ada, 2), request(ada, 3), request(bob, 11), request(cyd, 21))
    expect(drained(queue)).toEqual([1, 11, 21, 2, 3])
  })

  it('gives each requester as long a turn as it is told', () => {
    const queue = queueOf(request(ada, 1), request(ada, 2), request(ada, 3), request(bob, 11), request(cyd, 21))
    queue.putBack([request(cyd, 20)])
    expect(queue.take(4, 2).map(({ id }) => id)).toEqual([20, 1, 2, 11])
    expect(queue.take(9, 2).map(({ id }) => id)).toEqual([21, 3])
  })

  it('serves a newcomer after one request of each who waits', () => {
    const queue = queueOf(request(ada, 1), request(ada, 2), request(ada, 3))
    expect(queue.take(1, 1)[0]?.id).toBe(1)
    queue.push(request(bob, 11))
    expect(drained(queue)).toEqual([2, 11, 3])
  })

  it('serves what was put back first, in its order', () => {
    const queue = queueOf(request(ada, 1), request(ada, 2))
    queue.putBack([request(bob, 11), request(ada, 10)])
    queue.putBack([request(cyd, 21)])
    expect(drained(queue)).toEqual([21, 11, 10, 1, 2])
  })

  it('passes over what was taken out, also once the requester has tidied up', () => {
    const requests = Array.from({ length: 100 }, (_, index) => request(ada, index + 1))
    const queue = queueOf(...requests)
    const first = queue.take(10, 10)
    const back = first.slice(5)
    queue.putBack(back)
    for (const each of requests.filter(({ id }) => id % 10 > 0)) {
      queue.remove(each)
      each.requester.close(each)
    }
    queue.push(request(ada, 101))
    expect([queue.length, drained(queue)]).toEqual([11, [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 101]])
    expect([queue.length, queue.bytes]).toEqual([0, 0])
  })

  it('takes a request out from anywhere and counts requests and bytes', () => {
    const requests = [request(ada, 1), request(ada, 2), request(bob, 11), request(cyd, 21)]
    const queue = queueOf(...requests.slice(0, 3))
    queue.putBack(requests.slice(3))
    expect([queue.length, queue.bytes]).toEqual([4, 4 * requests[0]!.bytes])
    queue.remove(requests[2]!)
    queue.remove(requests[0]!)
    queue.remove(requests[0]!)
    queue.remove(requests[3]!)
    expect([queue.length, queue.bytes]).toEqual([1, requests[0]!.bytes])
    expect(drained(queue)).toEqual([2])
    expect([queue.length, queue.bytes]).toEqual([0, 0])
  })
})
