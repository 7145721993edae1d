import { describe, expect, it } from 'vitest'
import { PoolRequest, PoolRequester } from '../src/pool-request.ts'

import { FakeRequester } from './engine-support.ts'

function requesterWith(count: number) {
  const requester = new PoolRequester(new FakeRequester())
  const requests = Array.from({ length: count }, (_, index) => new PoolRequest(requester, index * 3 + 1, 'name'))
  for (const each of requests) requester.add(each)
  return { requester, requests }
}

describe('PoolRequester', () => {
  it('finds an open request by its id', () => {
    const { requester, requests } = requesterWith(10)
    for (const each of requests) expect(requester.find(each.id)).toBe(each)
    expect([0, 2, 29].map((id) => requester.find(id))).toEqual([undefined, undefined, undefined])
  })

  it('finds what is open, however many were closed', () => {
    const { requester, requests } = requesterWith(200)
    const closed = requests.filter((_, index) => index % 5 > 0)
    const open = requests.filter((_, index) => index % 5 === 0)
    for (const each of closed) requester.close(each)
    expect([requester.openCount, requester.openRequests()]).toEqual([open.length, open])
    expect(requests.filter(({ id }) => requester.find(id))).toEqual(open)
  })
})
