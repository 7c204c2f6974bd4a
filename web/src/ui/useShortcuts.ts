import { useEffect, useRef } from 'react'
import { type Key, keyOf } from '../state/shortcuts'

export interface Shortcut {
  readonly keys: readonly Key[]
  readonly action: () => void
}

/** Keys for actions, silent while somebody types. The list may be new on every render. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts)
  useEffect(() => {
    latest.current = shortcuts
  })
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.repeat || isTyping(event.target)) return
      const pressed = keyOf(event)
      const shortcut = latest.current.find(({ keys }) => pressed !== undefined && keys.includes(pressed))
      if (!shortcut) return
      event.preventDefault()
      shortcut.action()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
}

export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
}
