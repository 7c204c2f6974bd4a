import { describe, expect, it, test } from 'vitest'
import { laneOf, type Timeline } from '../src/protocol/history'
import { routeOf } from '../src/route'
import { durationWords, eventWords } from '../src/state/history-words'
import { filterOf } from '../src/state/past-filter'
import { peopleCsv } from '../src/state/people-csv'
import { barOf, extentOf, isIn, isOn, lasted, secondOf, ticksOf } from '../src/state/timeline'

const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString()
const extent = { start: Date.parse(at(0)), end: Date.parse(at(100)) }

const lane = laneOf(
  {
    user_id: 'ann',
    display_name: 'Ann',
    role: 'host',
    stays: [{ participant_id: 'p', started_at: at(10), ended_at: null }],
    spans: { audio: [[20, 40]] },
  },
  at(0),
)
const when = (second: number) => Date.parse(at(second))

const timeline = (started: string | null, ended: string | null): Timeline => ({
  meeting_id: 'm',
  started_at: started,
  ended_at: ended,
  lanes: [lane],
  lanes_left_out: 0,
  recordings: [],
  transcriptions: [],
  markers: [],
  markers_left_out: 0,
})

test('the second that an address names is one, and anything else is none', () => {
  expect(secondOf('?t=75')).toBe(75)
  for (const odd of ['', '?t=', '?t=-1', '?t=1.5', '?t=x', '?t=99999999', '?s=3']) expect(secondOf(odd)).toBeUndefined()
})

test('days of the list are whole, and what is not entered narrows nothing', () => {
  expect(filterOf('  ', '', '')).toEqual({})
  expect(filterOf(' weekly ', '2026-03-01', '2026-03-01')).toEqual({
    text: 'weekly',
    from: new Date(2026, 2, 1).toISOString(),
    to: new Date(2026, 2, 1, 23, 59, 59, 999).toISOString(),
  })
})

test('people as CSV: what begins like a formula is none, and commas, quotes and lines stay in their cell', () => {
  const person = {
    display_name: '=1+1',
    user_id: 'u1',
    role: null,
    joined_at: at(0),
    left_at: null,
    total_duration_s: 5,
    stays: [],
  }
  const hostile = { ...person, display_name: 'a,"b"\nc', user_id: 'u2' }
  const counted = { chat_messages: 2, poll_votes: 1, reactions: 0, hands_raised: 3, score: 70 }
  const lasted = { attendance_s: 5, microphone_s: 4, camera_s: 3, share_s: 0, speaking_s: 1 }
  const csv = peopleCsv([person, hostile], new Map([['u1', { user_id: 'u1', ...lasted, ...counted }]]))
  expect(csv.split('\r\n')).toEqual([
    'name,user_id,role,joined_at,left_at,attendance_s,speaking_s,microphone_s,camera_s,share_s,chat_messages,poll_votes,reactions,hands_raised,score',
    `'=1+1,u1,,${at(0)},,5,1,4,3,0,2,1,0,3,70`,
    `"a,""b""\nc",u2,,${at(0)},,,,,,,,,,,`,
    '',
  ])
})

describe('a timeline', () => {
  it('reaches from the first arrival to the end, and to now while the meeting lasts', () => {
    expect(extentOf(timeline(at(0), at(60)), 0)).toEqual({ start: Date.parse(at(0)), end: Date.parse(at(60)) })
    expect(extentOf(timeline(at(0), null), Date.parse(at(30)))?.end).toBe(Date.parse(at(30)))
    expect(extentOf(timeline(null, null), 0)).toBeUndefined()
  })

  it('is never without length, so that nothing is divided by 0', () => {
    expect(extentOf(timeline(at(0), at(0)), 0)).toEqual({ start: Date.parse(at(0)), end: Date.parse(at(1)) })
  })

  it('draws a span where it was, and one that lasts to the end', () => {
    expect(barOf([when(20), when(40)], extent)).toEqual({ left: 0.2, width: 0.2 })
    expect(barOf([when(90), null], extent)).toEqual({ left: 0.9, width: 0.1 })
    expect(barOf([when(-50), when(500)], extent)).toEqual({ left: 0, width: 1 })
  })

  it('knows who is in and what is on: from the first moment of a span up to its last', () => {
    expect([5, 10, 99].map((second) => isIn(lane, when(second)))).toEqual([false, true, true])
    expect([19, 20, 39, 40].map((second) => isOn(lane, 'audio', when(second)))).toEqual([false, true, true, false])
    expect(isOn(lane, 'video', when(30))).toBe(false)
  })

  it('adds up how long something was on', () => {
    expect(lasted(lane.spans.audio, extent)).toBe(20)
    expect(lasted([[when(10), null]], extent)).toBe(90)
    expect(lasted(undefined, extent)).toBe(0)
  })

  it.each([10, 100, 3600, 40_000, 10_000_000])('of %i seconds has a few round moments on its axis', (seconds) => {
    const ticks = ticksOf({ start: Date.parse(at(0)) + 321, end: Date.parse(at(seconds)) + 321 }, 6)
    expect(ticks.length).toBeGreaterThan(0)
    expect(ticks.length).toBeLessThanOrEqual(7)
    expect(ticks.every((tick) => tick % 1000 === 0)).toBe(true)
  })
})

describe('words', () => {
  it.each([
    [0, '0 s'],
    [59.6, '1 min'],
    [125, '2 min 5 s'],
    [3600, '1 h'],
    [3725, '1 h 2 min'],
  ])('say %d seconds as %s', (seconds, said) => {
    expect(durationWords(seconds)).toBe(said)
  })

  it('are there for every type of event, also those of later versions', () => {
    expect(eventWords('role.changed')).toBe('Role changed')
    expect(eventWords('teapot.boiled_over')).toBe('Teapot boiled over')
  })
})

describe('addresses', () => {
  it('of the history lead to the list and to one meeting', () => {
    expect(routeOf('/history')).toEqual({ page: 'history' })
    expect(routeOf('/history/abcd-efgh')).toEqual({ page: 'past', id: 'abcd-efgh' })
    expect(routeOf('/m/abcd-efgh')).toEqual({ page: 'meeting', id: 'abcd-efgh' })
    expect(routeOf('/history/a/b')).toEqual({ page: 'unknown' })
    expect(routeOf('/x/abcd')).toEqual({ page: 'unknown' })
  })
})
