import { describe, expect, test } from 'vitest'
import { Presence } from '../src/call/presence'

function presence() {
  const clock = { now: 0, joined: true, fails: false }
  const told: string[] = []
  const keeper = new Presence({
    request: (_name, payload) => {
      told.push((payload as { presence: string }).presence)
      return clock.fails ? Promise.reject(new Error('lost')) : (Promise.resolve({}) as never)
    },
    change: () => undefined,
    me: () => 'me',
    joined: () => clock.joined,
    now: () => clock.now,
  })
  return { keeper, told, clock }
}

describe('presence', () => {
  test('is told with the first sign and then once a minute, however much somebody moves', () => {
    const { keeper, told, clock } = presence()
    for (clock.now = 0; clock.now <= 120_000; clock.now += 1_000) keeper.sign()
    expect(told).toEqual(['active', 'active', 'active'])
  })

  test('whoever steps away is back with the first sign after a moment, but not by being seen', () => {
    const { keeper, told, clock } = presence()
    keeper.stepAway()
    clock.now = 1_000
    keeper.sign()
    clock.now = 100_000
    keeper.keep()
    expect(told).toEqual(['away'])
    keeper.sign()
    expect(told).toEqual(['away', 'active'])
  })

  test('says nothing outside the room, and again what did not arrive', async () => {
    const { keeper, told, clock } = presence()
    clock.joined = false
    keeper.sign()
    keeper.stepAway()
    expect(told).toEqual([])
    clock.joined = true
    clock.fails = true
    keeper.sign()
    await new Promise((resolve) => setTimeout(resolve))
    keeper.sign()
    expect(told).toEqual(['active', 'active'])
  })

  test('counts what hands do on the page until the call ends', () => {
    const { keeper, told } = presence()
    const page = new EventTarget()
    keeper.watch(page)
    page.dispatchEvent(new Event('keydown'))
    expect(told).toEqual(['active'])
    keeper.close()
    page.dispatchEvent(new Event('keydown'))
    expect(told).toEqual(['active'])
  })
})
