import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Account } from '../src/account/account'
import { CodedError } from '../src/protocol/errors'
import { accountWords } from '../src/state/account-words'

const ada = { id: 'user:1', email: 'ada@example.org', display_name: 'Ada' }

class Memory {
  readonly items = new Map<string, string>()
  getItem = (key: string) => this.items.get(key) ?? null
  setItem = (key: string, value: string) => void this.items.set(key, value)
  removeItem = (key: string) => void this.items.delete(key)
}

describe('an account', () => {
  let asked: string[]
  let answers: (() => { status: number; body: unknown })[]

  beforeEach(() => {
    vi.useFakeTimers()
    asked = []
    answers = []
    vi.stubGlobal('navigator', {})
    vi.stubGlobal('fetch', async (path: string) => {
      asked.push(path)
      const { status, body } = answers.shift()?.() ?? { status: 500, body: {} }
      return new Response(JSON.stringify(body), { status })
    })
  })

  afterEach(() => {
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  const signedIn = (token: string) => () => ({ status: 200, body: { token, user: ada, expires_in: 900 } })
  const refused = (status: number, code: string) => () => ({ status, body: { error: { code, message: '' } } })

  it('of nobody asks the server for nothing', async () => {
    const account = new Account(new Memory())
    await account.restore()
    expect(await account.token()).toBeUndefined()
    expect(asked).toEqual([])
  })

  it('keeps a hint and no token where scripts can read', async () => {
    const memory = new Memory()
    const account = new Account(memory)
    answers = [signedIn('secret')]
    await account.signIn('ada@example.org', 'password')
    expect(account.get()).toEqual({ status: 'signed-in', user: ada })
    expect([...memory.items]).toEqual([['folkmoot.signed-in', '1']])
  })

  it('renews its token before it ends, once for all who ask', async () => {
    const account = new Account(new Memory())
    answers = [signedIn('first'), signedIn('second')]
    await account.signIn('ada@example.org', 'password')
    expect(await account.token()).toBe('first')
    vi.advanceTimersByTime(850_000)
    expect(await Promise.all([account.token(), account.token(), account.token()])).toEqual(Array(3).fill('second'))
    expect(asked).toEqual(['/api/auth/login', '/api/auth/refresh'])
  })

  it('is a guest again once its cookie is no longer taken', async () => {
    const memory = new Memory()
    memory.setItem('folkmoot.signed-in', '1')
    const account = new Account(memory)
    expect(account.get().status).toBe('unknown')
    answers = [refused(401, 'UNAUTHORIZED')]
    await account.restore()
    expect(account.get().status).toBe('guest')
    expect(memory.items.size).toBe(0)
  })

  it('follows what another tab does', async () => {
    const memory = new Memory()
    const account = new Account(memory)
    answers = [signedIn('here'), signedIn('back')]
    await account.signIn('ada@example.org', 'password')
    account.heard('folkmoot.preferences')
    expect(account.get().status).toBe('signed-in')
    memory.items.clear()
    account.heard('folkmoot.signed-in')
    expect(account.get().status).toBe('guest')
    expect(await account.token()).toBeUndefined()
    memory.setItem('folkmoot.signed-in', '1')
    account.heard('folkmoot.signed-in')
    expect(await account.token()).toBe('back')
  })

  it('is not forgotten because the server is away', async () => {
    const memory = new Memory()
    memory.setItem('folkmoot.signed-in', '1')
    const account = new Account(memory)
    answers = [refused(503, 'UNAVAILABLE'), signedIn('back')]
    await account.restore()
    expect(account.get().status).toBe('unknown')
    expect(await account.token()).toBe('back')
  })
})

describe('the words for a refusal', () => {
  it('say when to try again', () => {
    expect(accountWords(new CodedError('RATE_LIMITED', '', '', 30), 'sign-in')).toContain('30 seconds')
    expect(accountWords(new CodedError('RATE_LIMITED', '', '', 300), 'sign-in')).toContain('5 minutes')
  })

  it('do not tell an unknown address from a wrong password', () => {
    expect(accountWords(new CodedError('UNAUTHORIZED', '', ''), 'sign-in')).toContain('or the password')
  })
})
