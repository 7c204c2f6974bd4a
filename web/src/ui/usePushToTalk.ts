import { useEffect } from 'react'
import type { Call } from '../call/call'
import { isTyping } from './useShortcuts'

const WALKING = /^(Tab|Arrow.*)$/

/**
 * Holding the space bar opens a muted microphone for as long. It stays the key of whatever the keyboard has walked to;
 * a button that was merely clicked holds the focus still, and does not get it.
 */
export function usePushToTalk(call: Call): void {
  useEffect(() => {
    const { microphone } = call.media
    let talking = false
    let walking = false
    const onDown = (event: KeyboardEvent) => {
      walking ||= WALKING.test(event.key)
      if (!isForUs(event, walking) || (!talking && (event.repeat || microphone.state.get().on))) return
      event.preventDefault()
      if (!talking) void microphone.set(true)
      talking = true
    }
    const end = () => {
      if (talking) void microphone.set(false)
      talking = false
    }
    const onUp = (event: KeyboardEvent) => {
      if (event.code !== 'Space' || !talking) return
      // Or the button that has the focus would be pressed.
      event.preventDefault()
      end()
    }
    const onPointer = () => {
      walking = false
    }
    addEventListener('keydown', onDown)
    addEventListener('keyup', onUp)
    addEventListener('pointerdown', onPointer)
    addEventListener('blur', end)
    return () => {
      removeEventListener('keydown', onDown)
      removeEventListener('keyup', onUp)
      removeEventListener('pointerdown', onPointer)
      removeEventListener('blur', end)
      end()
    }
  }, [call])
}

function isForUs(event: KeyboardEvent, walking: boolean): boolean {
  if (event.code !== 'Space' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return false
  const target = event.target instanceof Element ? event.target : undefined
  const inMenu = target?.closest('[role="menu"]') != null
  const pressable = target?.closest('button, a, summary, [role="switch"]') != null
  return !inMenu && !(walking && pressable)
}
