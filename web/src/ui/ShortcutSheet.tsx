import { REACTION_KEYS } from '../call/reactions'

const command = /Mac|iPhone|iPad/.test(navigator.platform) ? '⌘' : 'Ctrl'

const shortcuts: readonly (readonly [string, readonly string[]])[] = [
  ['Mute or unmute', ['M', `${command} + D`]],
  ['Talk while held', ['Space']],
  ['Camera on or off', ['V', `${command} + E`]],
  ['Share your screen', ['D']],
  ['Raise or lower your hand', ['R']],
  ['People', ['P']],
  ['Chat', [`${command} + Alt + C`]],
  ['Full screen', ['S']],
  ['Who speaks large, or everybody alike', ['W']],
  ['Pin a tile, or let it go', ['1 – 9']],
  ['Let all tiles go', ['0']],
  ...REACTION_KEYS.map(([key, reaction]) => [`React ${reaction}`, [`Alt + ${key.toUpperCase()}`]] as const),
  ['This list', ['?']],
  ['Close a panel', ['Esc']],
]

export function ShortcutSheet() {
  return (
    <dl className="shortcuts">
      {shortcuts.map(([what, keys]) => (
        <div key={what}>
          <dt>{what}</dt>
          <dd>
            {keys.map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  )
}
