import { describe, expect, test, vi } from 'vitest'
import { Hosting, type HostingContext } from '../src/call/hosting'
import { Pins } from '../src/call/pins'
import { CodedError } from '../src/protocol/errors'
import type { Notification, ParticipantView } from '../src/protocol/messages'
import { type LobbyState, lobbyStep } from '../src/state/lobby'
import { applyNotification, emptyRoster, type Roster } from '../src/state/roster'
import { allowedTo, mayModerate, openRules, personOfId } from '../src/state/rules'
import { featuredOf, floorOf, tilesOf } from '../src/state/tiles'
import { settingsOf, usualOptions } from '../src/ui/MeetingOptions'

const person = (id: string, change: Partial<ParticipantView> = {}): ParticipantView => ({
  participant_id: id,
  user_id: `user-${id}`,
  display_name: id,
  role: 'participant',
  audio: false,
  video: false,
  screen: false,
  hand_raised: false,
  can_share_screen: true,
  can_use_chat: true,
  is_presenter: false,
  ...change,
})
const joined = (view: ParticipantView): Notification => ({ type: 'participant:joined', data: view })
const told = (...notifications: Notification[]): Roster => notifications.reduce(applyNotification, emptyRoster)
const waiting = (id: string) => ({ waiting_id: id, user_id: id, display_name: id, asked_at: '2030-01-01T12:00:00Z' })

describe('what hosts decide', () => {
  test('is folded into the roster as the others hear it', () => {
    const roster = told(
      joined(person('ada', { role: 'host' })),
      joined(person('bob')),
      { type: 'participant:updated', data: person('bob', { role: 'co_host', can_use_chat: false }) },
      { type: 'room:spotlit', data: { participant_ids: ['bob'], by: 'ada' } },
      { type: 'room:locked', data: { locked: true, by: 'ada' } },
      { type: 'room:features_set', data: { features: { ...openRules.features, chat: false }, by: 'ada' } },
    )
    expect(personOfId(roster, 'bob')).toMatchObject({ role: 'co_host', mayChat: false })
    expect(roster.spotlight).toEqual(['bob'])
    expect(roster.rules).toMatchObject({ locked: true, features: { chat: false, reactions: true } })
    const left: Notification = {
      type: 'participant:left',
      data: { participant_id: 'bob', user_id: '', reason: 'left' },
    }
    expect(applyNotification(roster, left).spotlight).toEqual([])
  })

  test('says what each may do', () => {
    const { rules, people } = told(
      joined(person('ada', { role: 'host' })),
      joined(person('bob')),
      joined(person('cy', { is_presenter: true })),
      joined(person('dee', { role: 'observer' })),
      {
        type: 'room:features_set',
        data: { features: { ...openRules.features, chat: false, screen_share: false, reactions: false }, by: 'ada' },
      },
    )
    const may = people.map((one) => allowedTo(one, rules))
    expect(may.map(({ share }) => share)).toEqual([true, false, true, false])
    expect(may.map(({ chat }) => chat)).toEqual([true, false, false, false])
    expect(may.map(({ host }) => host)).toEqual([true, false, false, false])
  })

  test('is never done to a host by a co-host', () => {
    const { people } = told(joined(person('ada', { role: 'host' })), joined(person('bob', { role: 'co_host' })))
    const [ada, bob] = people
    if (!ada || !bob) throw new Error('two came')
    expect([mayModerate(bob, ada), mayModerate(ada, bob), mayModerate(undefined, bob)]).toEqual([false, true, false])
  })

  test('is known to the one who did it by the reply alone, and a refusal is said', async () => {
    let roster = told(joined(person('bob')), { type: 'lobby:asked', data: waiting('w1') })
    const warn = vi.fn()
    const request = vi.fn().mockResolvedValueOnce({ waiting_id: 'w1' })
    const hosting = new Hosting({
      request: request as HostingContext['request'],
      change: (step) => {
        roster = step(roster)
      },
      warn,
    })
    await hosting.admit('w1')
    expect(roster.waiting).toEqual([])
    request.mockRejectedValueOnce(new CodedError('CONFLICT', 'Make somebody else host first.', 'x'))
    await hosting.setRole('bob', 'observer')
    expect(warn).toHaveBeenCalledWith('Make somebody else host first.')
    expect(personOfId(roster, 'bob')?.role).toBe('participant')
  })
})

describe('a share that a host ends', () => {
  const share = (id: string, source: 'screen' | 'screen_audio' | 'camera') =>
    ({
      type: 'producer:added',
      data: { producer_id: `${id}-${source}`, participant_id: id, kind: 'video', source, paused: false },
    }) as Notification
  const sharing = () =>
    told(
      joined(person('ada', { role: 'host' })),
      joined(person('bob')),
      joined(person('cy', { is_presenter: true })),
      ...['bob', 'cy'].flatMap((id) => [share(id, 'screen'), share(id, 'screen_audio'), share(id, 'camera')]),
    )
  const without = { ...openRules.features, screen_share: false }
  const permitted = { participant_id: 'bob', can_share_screen: false, can_use_chat: true, is_presenter: false }
  type Deed = (hosting: Hosting) => Promise<void>

  test.each<[string, Deed, unknown]>([
    ['by itself', (hosting) => hosting.stopShare('bob'), {}],
    ['by taking the permission', (hosting) => hosting.permit('bob', 'can_share_screen', false), permitted],
    ['for everybody but presenters', (hosting) => hosting.setFeature('screen_share', false), { features: without }],
    ['by making them watch only', (hosting) => hosting.setRole('bob', 'observer'), {}],
  ])('%s is gone for the host, too', async (_how, deed, reply) => {
    let roster = sharing()
    const hosting = new Hosting({
      request: vi.fn().mockResolvedValue(reply) as unknown as HostingContext['request'],
      change: (step) => {
        roster = step(roster)
      },
      warn: vi.fn(),
    })
    await deed(hosting)
    const left = roster.producers.map((each) => each.producer_id)
    expect(left).toEqual(['bob-camera', 'cy-screen', 'cy-screen_audio', 'cy-camera'])
  })
})

describe('those who wait', () => {
  test('are listed once and go when somebody decided', () => {
    const asked: Notification = { type: 'lobby:asked', data: waiting('w1') }
    const roster = told(asked, asked, { type: 'lobby:asked', data: waiting('w2') })
    expect(roster.waiting.map((one) => one.waiting_id)).toEqual(['w1', 'w2'])
    const resolved: Notification = { type: 'lobby:resolved', data: { waiting_id: 'w1', outcome: 'left' } }
    expect(applyNotification(roster, resolved).waiting).toHaveLength(1)
  })

  test('move up, read what hosts say, and come in or are sent away', () => {
    const lobby: LobbyState = { title: 'Daily', position: 2, hostPresent: false, messages: [] }
    const data = { meeting_id: 'm' }
    expect(lobbyStep(lobby, { type: 'lobby:updated', data: { ...data, position: 1, host_present: true } })).toEqual({
      ...lobby,
      position: 1,
      hostPresent: true,
    })
    expect(lobbyStep(lobby, { type: 'lobby:message', data: { ...data, text: 'Soon' } })).toMatchObject({
      messages: ['Soon'],
    })
    const soon = { ...data, about: 'start' as const, at: '2030-01-01T12:00:00+00:00', in_s: 300 }
    expect(lobbyStep(lobby, { type: 'meeting:reminder', data: soon })).toMatchObject({
      reminder: 'The meeting begins in 5 minutes',
      messages: [],
    })
    expect(lobbyStep(lobby, { type: 'lobby:admitted', data })).toBe('admitted')
    expect(lobbyStep(lobby, { type: 'lobby:denied', data: { ...data, reason: 'timed_out' } })).toEqual({
      ending: 'unanswered',
    })
  })
})

describe('pins', () => {
  test('come before the spotlight, each person once, and at most six', () => {
    const pins = new Pins()
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    for (const name of names) pins.toggle(name)
    expect(pins.pinned.get()).toEqual(['b', 'c', 'd', 'e', 'f', 'g'])
    for (const name of ['b', 'c', 'd', 'e']) pins.toggle(name)
    const roster = { ...told(...names.map((name) => joined(person(name)))), spotlight: ['a', 'g', 'gone'] }
    const tiles = tilesOf(roster, 'a', { microphone: true, camera: true }, pins.pinned.get())
    expect(featuredOf(tiles, pins.pinned.get(), roster.spotlight).map((tile) => tile.id)).toEqual(['f', 'g', 'a'])
  })
})

describe('the floor', () => {
  const people = told(...['ann', 'bob', 'cy'].map((name) => joined(person(name))))
  const tiles = (speaker?: string) => tilesOf({ ...people, speaker }, 'ann', { microphone: true, camera: true })

  test('goes to whoever speaks, and stays with them while nobody does', () => {
    expect(floorOf(tiles('cy'), undefined)).toBe('cy')
    expect(floorOf(tiles(), 'cy')).toBe('cy')
  })

  test("is never one's own, and goes to the first when nobody has spoken or the last one left", () => {
    expect(floorOf(tiles('ann'), 'cy')).toBe('cy')
    expect(floorOf(tiles(), undefined)).toBe('bob')
    expect(floorOf(tiles(), 'gone')).toBe('bob')
    expect(floorOf([], 'gone')).toBeUndefined()
  })
})

test('a new meeting is told only what is not as usual', () => {
  expect(settingsOf(usualOptions)).toEqual({})
  const features = { ...usualOptions.features, chat: false }
  expect(settingsOf({ lobby: true, password: 'x', features })).toEqual({
    lobby: true,
    password: 'x',
    features: { chat: false },
  })
})
