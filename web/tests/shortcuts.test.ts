import { describe, expect, test } from 'vitest'
import { PreferenceStore } from '../src/state/preferences'
import {
  ACTIONS,
  chordOf,
  FIXED,
  keyOf,
  keysOf,
  keyWords,
  objectionTo,
  type ShortcutAction,
  saneKeys,
  withKey,
  withoutKey,
} from '../src/state/shortcuts'

const press = (key: string, held: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey', boolean>> = {}) => ({
  key,
  code: /^[a-zA-Z]$/.test(key) ? `Key${key.toUpperCase()}` : '',
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...held,
})

function action(name: string): ShortcutAction {
  const found = ACTIONS.find((each) => each.name === name)
  if (!found) throw new Error(`no action ${name}`)
  return found
}

describe('keys', () => {
  test.each(ACTIONS.flatMap((each) => each.keys.map((key) => [key, each.name] as const)))(
    '%s is free for %s alone',
    (key, name) => {
      expect(ACTIONS.filter((each) => each.keys.includes(key)).map((each) => each.name)).toEqual([name])
      expect(objectionTo(key, action(name), {})).toBeUndefined()
      const { key: sign, command, alt } = chordOf(key)
      expect(keyOf(press(sign, { ctrlKey: command, altKey: alt }))).toBe(key)
    },
  )

  test('are what is pressed, whatever sign Alt makes of it, and nothing while only Alt is', () => {
    expect(keyOf(press('M'))).toBe('m')
    expect(keyOf({ ...press('†', { altKey: true }), code: 'KeyT' })).toBe('alt+t')
    expect(keyOf(press('d', { metaKey: true }))).toBe('command+d')
    expect(keyOf(press('Alt', { altKey: true }))).toBeUndefined()
  })

  test('are read as people write them', () => {
    expect(keyWords('command+alt+c', 'Ctrl')).toBe('Ctrl+Alt+C')
    expect(keyWords('alt+f4', '⌘')).toBe('Alt+F4')
    expect(keyWords('+', 'Ctrl')).toBe('+')
  })
})

describe('a key that is chosen', () => {
  test('takes the place of all that the action has, and gives them free', () => {
    const chosen = withKey({}, action('microphone'), 'x')
    expect(keysOf(action('microphone'), chosen)).toEqual(['x'])
    expect(objectionTo('m', action('camera'), chosen)).toBeUndefined()
    expect(objectionTo('m', action('camera'), {})).toContain('Mute or unmute')
    expect(objectionTo('x', action('camera'), chosen)).toContain('Mute or unmute')
  })

  test.each([...FIXED.flatMap(({ keys }) => keys), 'tab', 'enter', 'arrowup', 'command+t', 'command+w'])(
    'is never %j',
    (key) => expect(objectionTo(key, action('camera'), {})).toBeTruthy(),
  )

  test('is given back, unless another has taken what was usual', () => {
    const one = withKey({}, action('microphone'), 'x')
    expect(withoutKey(one, action('microphone'))).toEqual({})
    const both = withKey(one, action('camera'), 'm')
    expect(withoutKey(both, action('microphone'))).toBe(both)
    expect(withKey(withKey({}, action('share'), 'x'), action('share'), 'd')).toEqual({})
  })

  test('is remembered, and what makes no sense together is not', () => {
    const kept = new Map<string, string>()
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    }
    new PreferenceStore(storage).patch({ shortcuts: { hand: 'h' } })
    expect(new PreferenceStore(storage).get().shortcuts).toEqual({ hand: 'h' })
    expect(saneKeys({ hand: 'h', dance: 'x', camera: 7 })).toEqual({ hand: 'h' })
    for (const odd of [null, 7, 'x', { hand: 'm' }, { hand: 'x', camera: 'x' }, { hand: '' }, { hand: 'escape' }]) {
      expect(saneKeys(odd)).toEqual({})
    }
  })
})
