import { describe, expect, test } from 'vitest'
import { routeOf } from '../src/route'
import { hueOf, initials, meetingIdIn } from '../src/state/names'

describe('initials', () => {
  test.each([
    ['Ada Lovelace', 'AL'],
    ['Jean-Luc Picard of the Enterprise', 'JE'],
    ['ada', 'A'],
    ['Élodie Ångström', 'ÉÅ'],
    ['李 小龍', '李小'],
    ['😀😀', '?'],
    ['', '?'],
  ])('of %j are %j', (name, expected) => expect(initials(name)).toBe(expected))

  test('of one person have the same colour on every screen', () => {
    expect(hueOf('Ada')).toBe(hueOf('Ada'))
    expect(hueOf('Ada')).toBeGreaterThanOrEqual(0)
    expect(hueOf('Ada')).toBeLessThan(360)
  })
})

describe('what somebody pastes to join', () => {
  test.each([
    ['tvvt-pefq-mp86', 'tvvt-pefq-mp86'],
    ['  tvvt-pefq-mp86\n', 'tvvt-pefq-mp86'],
    ['https://meet.example.org/m/tvvt-pefq-mp86', 'tvvt-pefq-mp86'],
    ['Join us: https://meet.example.org/m/tvvt-pefq-mp86?from=mail#now', 'tvvt-pefq-mp86'],
    ['https://meet.example.org/m/%E0%A4%A', undefined],
    ['two words', undefined],
    ['', undefined],
  ])('%j names the meeting %j', (text, expected) => expect(meetingIdIn(text)).toBe(expected))
})

describe('the address bar', () => {
  test.each([
    ['/', { page: 'home' }],
    ['/m/weekly', { page: 'meeting', id: 'weekly' }],
    ['/m/weekly/', { page: 'meeting', id: 'weekly' }],
    ['/m/%E0%A4%A', { page: 'unknown' }],
    ['/m/', { page: 'unknown' }],
    ['/elsewhere', { page: 'unknown' }],
  ])('%s is %j', (path, route) => expect(routeOf(path)).toEqual(route))
})
