import { useEffect, useRef } from 'react'

export interface Shortcut {
  /** As `KeyboardEvent.key`, in lower case. */
  readonly key: string
  /** With Ctrl, or Cmd on a Mac. */
  readonly command?: boolean
  readonly alt?: boolean
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
      const command = event.ctrlKey || event.metaKey
      const shortcut = latest.current.find(
        (one) => isKey(one, event) && (one.command ?? false) === command && (one.alt ?? false) === event.altKey,
      )
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

/** With Alt some keyboards write another sign: then the place of the key counts. */
function isKey({ key, alt }: Shortcut, event: KeyboardEvent): boolean {
  return event.key.toLowerCase() === key || (alt === true && event.code === `Key${key.toUpperCase()}`)
}
