import { useEffect, useState } from 'react'
import type { PreferenceStore } from '../state/preferences'
import {
  ACTIONS,
  FIXED,
  type Key,
  keyOf,
  keysOf,
  keyWords,
  objectionTo,
  type ShortcutAction,
  withKey,
  withoutKey,
} from '../state/shortcuts'
import { useStore } from './useStore'

export const COMMAND = /Mac|iPhone|iPad/.test(navigator.platform) ? '⌘' : 'Ctrl'

/** What keys do, and which of them one would rather have. */
export function ShortcutSheet({ preferences }: { preferences: PreferenceStore }) {
  const { shortcuts: chosen } = useStore(preferences)
  const [changing, setChanging] = useState<ShortcutAction>()
  const [problem, setProblem] = useState<string>()
  const choose = (action: ShortcutAction, key: Key) => {
    const objection = objectionTo(key, action, chosen)
    setProblem(objection)
    if (objection === undefined) {
      preferences.patch({ shortcuts: withKey(chosen, action, key) })
      setChanging(undefined)
    }
  }
  const reset = (action: ShortcutAction) => {
    const before = withoutKey(chosen, action)
    setProblem(before === chosen ? 'Another action has that key now. Change it there first.' : undefined)
    preferences.patch({ shortcuts: before })
  }
  const begin = (action: ShortcutAction | undefined) => {
    setProblem(undefined)
    setChanging(action)
  }
  return (
    <>
      <dl className="shortcuts">
        {ACTIONS.map((action) => (
          <div key={action.name} data-testid={`shortcut-${action.name}`}>
            <dt>{action.label}</dt>
            <dd>
              {changing === action ? (
                <Capture onKey={(key) => choose(action, key)} onCancel={() => begin(undefined)} />
              ) : (
                <>
                  {keysOf(action, chosen).map((key) => (
                    <kbd key={key}>{keyWords(key, COMMAND)}</kbd>
                  ))}
                  {action.name in chosen && (
                    <button
                      type="button"
                      className="link-button"
                      data-testid="shortcut-reset"
                      aria-label={`Reset: ${action.label}`}
                      onClick={() => reset(action)}
                    >
                      Reset
                    </button>
                  )}
                  <button
                    type="button"
                    className="link-button"
                    data-testid="shortcut-change"
                    aria-label={`Change: ${action.label}`}
                    onClick={() => begin(action)}
                  >
                    Change
                  </button>
                </>
              )}
            </dd>
          </div>
        ))}
        {FIXED.map(({ label, shown }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              <kbd>{shown}</kbd>
            </dd>
          </div>
        ))}
      </dl>
      <p className="field-problem" role="alert" data-testid="shortcut-problem">
        {problem}
      </p>
    </>
  )
}

/** Takes the next key for itself, before anything else on the page hears of it. */
function Capture({ onKey, onCancel }: { onKey: (key: Key) => void; onCancel: () => void }) {
  useEffect(() => {
    const onDown = (event: KeyboardEvent) => {
      event.preventDefault()
      event.stopImmediatePropagation()
      const key = keyOf(event)
      if (key === 'escape') onCancel()
      else if (key !== undefined && !event.repeat) onKey(key)
    }
    addEventListener('keydown', onDown, { capture: true })
    return () => removeEventListener('keydown', onDown, { capture: true })
  }, [onKey, onCancel])
  return (
    <>
      <span className="quiet-text" role="status" data-testid="shortcut-capture">
        Press a key
      </span>
      <button type="button" className="link-button" onClick={onCancel}>
        Cancel
      </button>
    </>
  )
}
