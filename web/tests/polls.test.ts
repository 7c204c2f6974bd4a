import { describe, expect, test } from 'vitest'
import { Polls } from '../src/call/polls'
import { CodedError } from '../src/protocol/errors'
import type { PollView } from '../src/protocol/messages'
import { choicesOf, noPolls, ownChoices, pollsOf, shareOf, withPoll, withStanding } from '../src/state/polls'

function poll(id: string, change: Partial<PollView> = {}): PollView {
  return {
    poll_id: id,
    votes: 0,
    results: { counts: [0, 0] },
    type: 'SingleChoice',
    question: '?',
    options: ['Soup', 'Salad'],
    most_choices: 1,
    anonymous: false,
    live: true,
    open: true,
    participant_id: 'p',
    user_id: 'ada',
    display_name: 'Ada',
    opened_at: '2030-01-01T12:00:00+00:00',
    ...change,
  }
}

describe('polls', () => {
  test('stand with the newest first and wait to be seen until answered or closed', () => {
    const state = ['a', 'b', 'c'].map((id) => poll(id)).reduce(withPoll, noPolls)
    expect(state.polls.map((each) => each.poll_id)).toEqual(['c', 'b', 'a'])
    expect(state.unseen).toEqual(['a', 'b', 'c'])
    expect(withPoll(state, poll('a', { own: { choices: [0] } })).unseen).toEqual(['b', 'c'])
    expect(withPoll(state, poll('b', { open: false })).unseen).toEqual(['a', 'c'])
    expect(withPoll({ ...noPolls, open: true }, poll('a')).unseen).toEqual([])
  })

  test('on coming back are what the server says, each once', () => {
    const before = withPoll(noPolls, poll('a', { own: { choices: [0] } }))
    const back = pollsOf(before, [poll('a', { open: false, votes: 3 }), poll('b')])
    expect(back.polls.map((each) => [each.poll_id, each.votes])).toEqual([
      ['b', 0],
      ['a', 3],
    ])
    expect(back.unseen).toEqual(['b'])
  })

  test('a standing changes the counts alone, and never a poll that is closed', () => {
    const own = { choices: [1] }
    const state = withPoll(withPoll(noPolls, poll('a', { own })), poll('b', { open: false, votes: 9 }))
    const told = (poll_id: string) => ({ poll_id, votes: 5, results: { counts: [2, 3] } })
    const after = withStanding(withStanding(state, told('a')), told('b'))
    expect(after.polls.map((each) => each.votes)).toEqual([9, 5])
    expect(after.polls[1]?.own).toEqual(own)
    expect(shareOf(after.polls[1] ?? poll('x'), 1)).toBeCloseTo(0.6)
  })

  test('a rating has steps to choose from', () => {
    const rating = poll('r', { type: 'Rating', options: [], steps: 3, own: { choices: [], rating: 3 } })
    expect([choicesOf(rating), ownChoices(rating)]).toEqual([['1', '2', '3'], [2]])
    expect(shareOf(rating, 0)).toBe(0)
  })
})

describe('answering', () => {
  test('takes the answer into the poll, and says why when it did not count', async () => {
    const said: string[] = []
    let fail = false
    const polls = new Polls({
      request: () => {
        if (fail) return Promise.reject(new CodedError('CONFLICT', 'The poll is closed.', 'poll:vote'))
        return Promise.resolve(poll('a', { votes: 1, own: { choices: [0] } })) as never
      },
      warn: (text) => said.push(text),
    })
    polls.enter([poll('a')])
    expect(polls.state.get().unseen).toEqual(['a'])
    expect(await polls.vote('a', { choices: [0] })).toBe(true)
    expect([polls.state.get().polls[0]?.votes, polls.state.get().unseen]).toEqual([1, []])
    fail = true
    expect(await polls.vote('a', { choices: [1] })).toBe(false)
    expect(said).toEqual(['The poll is closed.'])
  })
})
