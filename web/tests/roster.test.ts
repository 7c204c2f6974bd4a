import { describe, expect, test } from 'vitest'
import type { Notification, ParticipantView, ProducerView } from '../src/protocol/messages'
import { noticeFor, SUBJECTS, withNotice } from '../src/state/notices'
import { PreferenceStore } from '../src/state/preferences'
import { applyNotification, emptyRoster, type Roster } from '../src/state/roster'

const person = (id: string, name: string): ParticipantView => ({
  participant_id: id,
  user_id: `user-${id}`,
  display_name: name,
  role: 'participant',
  audio: true,
  video: true,
  screen: false,
  hand_raised: false,
  can_share_screen: true,
  can_use_chat: true,
  is_presenter: false,
})
const camera = (participant: string): ProducerView => ({
  producer_id: `${participant}-camera`,
  participant_id: participant,
  kind: 'video',
  source: 'camera',
  paused: false,
})
const told = (...notifications: Notification[]): Roster => notifications.reduce(applyNotification, emptyRoster)
const joined = (id: string, name: string): Notification => ({ type: 'participant:joined', data: person(id, name) })
const added = (producer: ProducerView): Notification => ({ type: 'producer:added', data: producer })
const raised = (id: string, up: boolean): Notification => ({
  type: 'hand:raised',
  data: { participant_id: id, raised: up },
})

describe('the roster', () => {
  test('holds each person once, however often they are told', () => {
    const roster = told(joined('a', 'Ada'), joined('b', 'Ben'), joined('a', 'Ada L.'))
    expect(roster.people.map((one) => one.name)).toEqual(['Ada L.', 'Ben'])
  })

  test('loses with a person what they sent and the hand they raised', () => {
    const left: Notification = {
      type: 'participant:left',
      data: { participant_id: 'a', user_id: 'user-a', reason: 'left' },
    }
    const roster = told(joined('a', 'Ada'), added(camera('a')), raised('a', true), left)
    expect(roster).toEqual(emptyRoster)
  })

  test('loses with its media nobody and no hand', () => {
    const reset: Notification = { type: 'media:reset', data: { reason: 'worker_died' } }
    const before = told(joined('a', 'Ada'), added(camera('a')), raised('a', true))
    expect(applyNotification(before, reset)).toEqual({ ...before, producers: [] })
  })

  test('keeps hands in the order in which they went up', () => {
    const roster = told(
      joined('a', 'Ada'),
      joined('b', 'Ben'),
      raised('a', true),
      raised('b', true),
      raised('a', false),
      raised('a', true),
    )
    expect(roster.hands).toEqual(['b', 'a'])
  })

  test('a toggle of video pauses the camera and not the screen', () => {
    const screen: ProducerView = { ...camera('a'), producer_id: 'a-screen', source: 'screen' }
    const toggled: Notification = {
      type: 'media:updated',
      data: { participant_id: 'a', kind: 'video', enabled: false },
    }
    const roster = told(joined('a', 'Ada'), added(camera('a')), added(screen), toggled)
    expect(roster.producers.map((producer) => [producer.source, producer.paused])).toEqual([
      ['camera', true],
      ['screen', false],
    ])
  })

  test('is the same object when nothing changed, so that nobody is woken', () => {
    const roster = told(joined('a', 'Ada'), added(camera('a')))
    const resumed: Notification = { type: 'producer:resumed', data: { producer_id: 'a-camera' } }
    expect(applyNotification(roster, resumed)).toBe(roster)
  })
})

describe('notices', () => {
  test('tell of others, not of oneself', () => {
    const before = told(joined('a', 'Ada'))
    expect(noticeFor(joined('b', 'Ben'), before, 'a')).toBe('Ben joined')
    expect(noticeFor(joined('a', 'Ada'), before, 'a')).toBeUndefined()
    expect(noticeFor(raised('a', true), before, 'b')).toBe('Ada raised a hand')
    expect(noticeFor(raised('a', false), before, 'b')).toBeUndefined()
  })

  test('say of a schedule what is left of the time', () => {
    const reminded = (about: 'start' | 'end', left: number) =>
      noticeFor(
        { type: 'meeting:reminder', data: { meeting_id: 'm', about, at: '2030-01-01T12:00:00+00:00', in_s: left } },
        emptyRoster,
        'a',
      )
    expect(reminded('end', 296)).toBe('The meeting is to end in 5 minutes')
    expect(reminded('start', 89)).toBe('The meeting begins in a minute')
  })

  test('are not given of what somebody does not want to hear of', () => {
    const before = told(joined('a', 'Ada'))
    expect(noticeFor(joined('b', 'Ben'), before, 'a', ['people'])).toBeUndefined()
    expect(noticeFor(joined('b', 'Ben'), before, 'a', ['hands', 'screens', 'schedule'])).toBe('Ben joined')
    expect(noticeFor(raised('a', true), before, 'b', ['hands'])).toBeUndefined()
    const locked: Notification = { type: 'room:locked', data: { locked: true, by: 'a' } }
    expect(noticeFor(locked, before, 'b', [...SUBJECTS])).toBe('The meeting is locked now')
  })

  test('are chosen for good, and only among those there are', () => {
    const kept = new Map([['folkmoot.preferences', '{"silenced":["people","rubbish",7]}']])
    const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: kept.set.bind(kept) }
    const preferences = new PreferenceStore(storage)
    expect(preferences.get().silenced).toEqual(['people'])
    preferences.patch({ silenced: ['hands'] })
    expect(new PreferenceStore(storage).get().silenced).toEqual(['hands'])
    kept.set('folkmoot.preferences', '{"silenced":"people"}')
    expect(new PreferenceStore(storage).get().silenced).toEqual([])
  })

  test('are four at the most, the oldest gone first', () => {
    let notices: readonly { id: number; text: string; tone: 'plain' }[] = []
    for (let id = 1; id <= 9; id++)
      notices = withNotice(notices, { id, text: `${id}`, tone: 'plain' }) as typeof notices
    expect(notices.map((notice) => notice.id)).toEqual([6, 7, 8, 9])
  })
})
