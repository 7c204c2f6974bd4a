import { REACTION_KEYS } from '../call/reactions'

/** A key with what is held beside it, such as `m`, `command+d` or `alt+t`. `command` is Ctrl, or Cmd on a Mac. */
export type Key = string

export interface Chord {
  /** As `KeyboardEvent.key`, in lower case. */
  readonly key: string
  readonly command: boolean
  readonly alt: boolean
}

export interface ShortcutAction {
  readonly name: string
  readonly label: string
  readonly keys: readonly Key[]
}

const named = (name: string, label: string, ...keys: Key[]): ShortcutAction => ({ name, label, keys })

/** What keys do in a call, as long as nobody has chosen otherwise. */
export const ACTIONS: readonly ShortcutAction[] = [
  named('microphone', 'Mute or unmute', 'm', 'command+d'),
  named('camera', 'Camera on or off', 'v', 'command+e'),
  named('share', 'Share your screen', 'd'),
  named('hand', 'Raise or lower your hand', 'r'),
  named('people', 'People', 'p'),
  named('chat', 'Chat', 'command+alt+c'),
  named('full-screen', 'Full screen', 's'),
  named('layout', 'Who speaks large, or everybody alike', 'w'),
  ...REACTION_KEYS.map(([key, reaction]) => named(`react ${reaction}`, `React ${reaction}`, `alt+${key}`)),
]

/** Keys that stay what they are: one must always find the list, close a panel, talk, and walk by keyboard. */
export const FIXED: readonly { readonly label: string; readonly shown: string; readonly keys: readonly Key[] }[] = [
  { label: 'Talk while held', shown: 'Space', keys: [' '] },
  { label: 'Pin a tile, or let it go', shown: '1 – 9', keys: [...'123456789'] },
  { label: 'Let all tiles go', shown: '0', keys: ['0'] },
  { label: 'This list', shown: '?', keys: ['?'] },
  { label: 'Close a panel', shown: 'Esc', keys: ['escape'] },
]

/** Each chosen key by the name of its action. */
export type ChosenKeys = Readonly<Record<string, Key>>

/** The keys of an action; one that was chosen takes the place of all it has by itself. */
export function keysOf(action: ShortcutAction, chosen: ChosenKeys): readonly Key[] {
  const own = chosen[action.name]
  return own === undefined ? action.keys : [own]
}

const walking: ReadonlySet<string> = new Set([
  'tab',
  'enter',
  'backspace',
  'delete',
  'home',
  'end',
  'pageup',
  'pagedown',
])
/** Browsers keep these for themselves, or people expect of them what they do everywhere. */
const browsers: ReadonlySet<Key> = new Set(
  ['a', 'c', 'f', 'l', 'n', 'p', 'q', 'r', 's', 't', 'v', 'w', 'x', 'z'].map((key) => `command+${key}`),
)

/** Why a key cannot be had for an action; undefined when it can. */
export function objectionTo(key: Key, action: ShortcutAction, chosen: ChosenKeys): string | undefined {
  const chord = chordOf(key)
  if (walking.has(chord.key) || chord.key.startsWith('arrow')) return 'One walks through the page with that key.'
  if (browsers.has(key)) return 'The browser needs that key itself.'
  const fixed = FIXED.find(({ keys }) => keys.includes(key))
  if (fixed) return `That key is for: ${fixed.label}.`
  const other = ACTIONS.find((each) => each.name !== action.name && keysOf(each, chosen).includes(key))
  return other && `That key is for: ${other.label}.`
}

export function withKey(chosen: ChosenKeys, action: ShortcutAction, key: Key): ChosenKeys {
  const { [action.name]: _before, ...others } = chosen
  return action.keys.length === 1 && action.keys[0] === key ? others : { ...others, [action.name]: key }
}

/** Back to what the action has by itself, unless another has been given one of its keys meanwhile. */
export function withoutKey(chosen: ChosenKeys, action: ShortcutAction): ChosenKeys {
  const { [action.name]: _before, ...others } = chosen
  return action.keys.some((key) => objectionTo(key, action, others) !== undefined) ? chosen : others
}

/** What was kept, as far as it makes sense together: an older or a newer version may have had other actions and keys. */
export function saneKeys(kept: unknown): ChosenKeys {
  if (typeof kept !== 'object' || kept === null) return {}
  const all = Object.entries(kept).filter(([, key]) => typeof key === 'string' && key !== '') as [string, Key][]
  const known = Object.fromEntries(all.filter(([name]) => ACTIONS.some((action) => action.name === name)))
  const clash = ACTIONS.some((action) => keysOf(action, known).some((key) => objectionTo(key, action, known)))
  return clash ? {} : known
}

export function chordOf(key: Key): Chord {
  const held = /^((?:command\+)?)((?:alt\+)?)(.+)$/s.exec(key)
  return { key: held?.[3] ?? key, command: held?.[1] !== '', alt: held?.[2] !== '' }
}

interface Pressed {
  readonly key: string
  readonly code: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
}

/** What is pressed; undefined while nothing but Ctrl, Alt or the like is. */
export function keyOf({ key, code, ctrlKey, metaKey, altKey }: Pressed): Key | undefined {
  if (/^(Control|Alt|AltGraph|Shift|Meta|Dead|Unidentified)$/.test(key)) return undefined
  // With Alt some keyboards write another sign: then the place of the key counts.
  const letter = altKey ? /^Key([A-Z])$/.exec(code)?.[1] : undefined
  return `${ctrlKey || metaKey ? 'command+' : ''}${altKey ? 'alt+' : ''}${(letter ?? key).toLowerCase()}`
}

/** As people read it, and as `aria-keyshortcuts` has it with `Control` and `Meta`. */
export function keyWords(key: Key, command: string): string {
  const chord = chordOf(key)
  const last = chord.key.length === 1 ? chord.key.toUpperCase() : chord.key.replace(/^./, (sign) => sign.toUpperCase())
  return [chord.command ? command : '', chord.alt ? 'Alt' : '', last].filter((part) => part !== '').join('+')
}
