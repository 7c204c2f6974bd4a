import { SUBJECTS, type Subject } from './notices'
import { type ChosenKeys, saneKeys } from './shortcuts'
import { Store } from './store'

export type Theme = 'system' | 'light' | 'dark'

/** Everybody alike, or who speaks large. */
export type Layout = 'grid' | 'speaker'

export interface Preferences {
  readonly name: string
  readonly theme: Theme
  readonly layout: Layout
  readonly microphoneOn: boolean
  readonly cameraOn: boolean
  /** Whether hosts hear that somebody waits at the door. */
  readonly doorChime: boolean
  /** What is not to be said for a moment when it happens. */
  readonly silenced: readonly Subject[]
  /** The keys that were chosen in place of the usual ones. */
  readonly shortcuts: ChosenKeys
  readonly microphoneId?: string
  readonly cameraId?: string
  readonly speakerId?: string
}

const KEY = 'folkmoot.preferences'
const defaults: Preferences = {
  name: '',
  theme: 'system',
  layout: 'grid',
  microphoneOn: true,
  cameraOn: true,
  doorChime: true,
  silenced: [],
  shortcuts: {},
}

/** What this browser remembers of its person. A storage that is full or forbidden only means that nothing is remembered. */
export class PreferenceStore extends Store<Preferences> {
  constructor(storage: Pick<Storage, 'getItem' | 'setItem'>) {
    super(read(storage))
    this.subscribe(() => {
      try {
        storage.setItem(KEY, JSON.stringify(this.get()))
      } catch {
        // Private windows of some browsers refuse to store; the choice still holds in this tab.
      }
    })
  }
}

function read(storage: Pick<Storage, 'getItem'>): Preferences {
  try {
    const kept: unknown = JSON.parse(storage.getItem(KEY) ?? '{}')
    return typeof kept === 'object' && kept !== null
      ? { ...defaults, ...sane(kept as Record<string, unknown>) }
      : defaults
  } catch {
    return defaults
  }
}

/** Keeps what has the type it should have: an older version may have written something else. */
function sane(kept: Record<string, unknown>): Partial<Preferences> {
  const { theme, layout, silenced } = kept
  return {
    ...strings(kept, ['name', 'microphoneId', 'cameraId', 'speakerId']),
    ...(theme === 'light' || theme === 'dark' ? { theme } : {}),
    ...(layout === 'speaker' ? { layout } : {}),
    ...(Array.isArray(silenced) ? { silenced: SUBJECTS.filter((subject) => silenced.includes(subject)) } : {}),
    shortcuts: saneKeys(kept['shortcuts']),
    ...chosen(kept, ['microphoneOn', 'cameraOn', 'doorChime']),
  }
}

function chosen(kept: Record<string, unknown>, names: readonly string[]): Record<string, boolean> {
  return Object.fromEntries(names.flatMap((name) => (typeof kept[name] === 'boolean' ? [[name, kept[name]]] : [])))
}

function strings(kept: Record<string, unknown>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (typeof kept[name] === 'string' ? [[name, kept[name]]] : [])))
}
