const command = /Mac|iPhone|iPad/.test(navigator.platform) ? '⌘' : 'Ctrl'

const shortcuts: readonly (readonly [string, readonly string[]])[] = [
  ['Mute or unmute', ['M', `${command} + D`]],
  ['Camera on or off', ['V', `${command} + E`]],
  ['Share your screen', ['D']],
  ['Raise or lower your hand', ['R']],
  ['People', ['P']],
  ['Chat', [`${command} + Alt + C`]],
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
