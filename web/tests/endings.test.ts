import { describe, expect, test } from 'vitest'
import { Relay } from '../src/call/relay'
import { CodedError, type ErrorCode } from '../src/protocol/errors'
import { closingOf, departureOf, type Ending, endingOf } from '../src/state/call-state'
import { reportId } from '../src/state/report-id'
import { canRejoin, endingWords, refusalWords } from '../src/state/words'

const refused = (code: ErrorCode, message = '') => new CodedError(code, message, 'room:join')
const serverFull = refused('CAPACITY_EXCEEDED', 'This server holds as many meetings as it can.')

describe('how a call ends', () => {
  test.each<[string, Ending, Ending]>([
    ['the sign-in ran out', endingOf(refused('UNAUTHORIZED')), 'expired'],
    ['the server does not want us', endingOf(refused('ACCESS_DENIED')), 'refused'],
    ['the meeting is not there any more', endingOf(refused('NOT_FOUND')), 'gone'],
    ['we are in from elsewhere', endingOf(refused('CONFLICT')), 'elsewhere'],
    ['the meeting is full', endingOf(refused('CAPACITY_EXCEEDED', 'The meeting is full.')), 'full'],
    ['the server is full', endingOf(serverFull), 'server-full'],
    ['the server is not reached', endingOf(refused('UNREACHABLE')), 'unreachable'],
    ['anything else keeps us out', endingOf(refused('INTERNAL')), 'unreachable'],
    ['a host closes the room', closingOf('closed_by_host'), 'closed'],
    ['media is not to be had', closingOf('media_unavailable'), 'interrupted'],
    ['the server stops', closingOf('server_stopping'), 'interrupted'],
    ['the room is closed under us', departureOf('room_closed'), 'closed'],
    ['a host removes us', departureOf('removed'), 'removed'],
    ['a host blocks us', departureOf('blocked'), 'blocked'],
    ['another window takes over', departureOf('replaced'), 'elsewhere'],
    ['we left', departureOf('left'), 'left'],
  ])('when %s', (_when, ending, expected) => expect(ending).toBe(expected))

  // A Record, so that an ending that is added has to be added here.
  const again: Readonly<Record<Ending, boolean>> = {
    left: true,
    closed: false,
    gone: false,
    interrupted: true,
    removed: false,
    blocked: false,
    denied: true,
    unanswered: true,
    elsewhere: true,
    expired: true,
    unreachable: true,
    media: true,
    full: true,
    'server-full': true,
    refused: true,
  }
  test.each(Object.entries(again) as [Ending, boolean][])(
    '%s has words, and a way back where there is one',
    (ending, back) => {
      const { title, text } = endingWords(ending)
      expect(title.length).toBeGreaterThan(8)
      expect(text.length).toBeGreaterThan(15)
      expect(canRejoin(ending)).toBe(back)
    },
  )

  test('in words of its own for each', () => {
    const said = Object.keys(again).map((ending) => endingWords(ending as Ending).text)
    expect(new Set(said).size).toBe(said.length)
  })
})

test('a full server is not called a full meeting', () => {
  expect(refusalWords(serverFull).title).toBe('This server is full')
  expect(refusalWords(refused('CAPACITY_EXCEEDED', 'The meeting is full.')).title).toBe('This meeting is full')
})

test('a report can be read aloud, and two are not the same', () => {
  expect(reportId(new Uint8Array([0, 1, 2, 3, 29, 30, 31, 255]))).toBe('ABCD-9ABS')
  expect(reportId()).toMatch(/^[A-Z2-9]{4}-[A-Z2-9]{4}$/)
  expect(reportId()).not.toBe(reportId())
})

describe('the relay', () => {
  test('is there once the server tells of a TURN server, and is taken once', () => {
    const relay = new Relay()
    relay.note([{ urls: 'stun:stun.example.org' }])
    expect([relay.take(), relay.policy]).toEqual([false, 'all'])
    relay.note([{ urls: ['stun:stun.example.org', 'turns:turn.example.org?transport=tcp'] }])
    expect([relay.state.get().there, relay.policy]).toEqual([true, 'all'])
    expect([relay.take(), relay.policy, relay.take()]).toEqual([true, 'relay', false])
  })
})
