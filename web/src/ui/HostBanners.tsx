import { DoorOpen, Mic, Video } from 'lucide-react'
import { useEffect } from 'react'
import type { Call } from '../call/call'
import { useStore } from './useStore'

/** A host asks us to switch something on; nothing happens unless we say so. */
export function UnmutePrompt({ call }: { call: Call }) {
  const wish = useStore(call.wishes.asked)
  const microphone = useStore(call.media.microphone.state)
  const camera = useStore(call.media.camera.state)
  const granted = wish !== undefined && (wish.kind === 'audio' ? microphone.on : camera.on)
  useEffect(() => {
    if (granted) call.wishes.answer(false)
  }, [granted, call])
  if (!wish || granted) return null
  const audio = wish.kind === 'audio'
  return (
    <p className="banner" role="alert" data-testid="unmute-prompt">
      {audio ? <Mic size={16} aria-hidden="true" /> : <Video size={16} aria-hidden="true" />}
      {wish.by} asks you to {audio ? 'unmute' : 'turn your camera on'}
      <button type="button" className="banner-button" data-testid="unmute-yes" onClick={() => call.wishes.answer(true)}>
        {audio ? 'Unmute' : 'Turn it on'}
      </button>
      <button type="button" className="banner-button" data-testid="unmute-no" onClick={() => call.wishes.answer(false)}>
        Not now
      </button>
    </p>
  )
}

/** For hosts: somebody is at the door. */
export function DoorBanner({ call, onShowPeople }: { call: Call; onShowPeople: () => void }) {
  const { roster } = useStore(call.state)
  const [first, ...others] = roster.waiting
  if (!first) return null
  return (
    <p className="banner" role="status" data-testid="door-banner">
      <DoorOpen size={16} aria-hidden="true" />
      {others.length === 0 ? `${first.display_name} asks to come in` : `${roster.waiting.length} people ask to come in`}
      {others.length === 0 && (
        <button
          type="button"
          className="banner-button"
          data-testid="door-admit"
          onClick={() => void call.hosting.admit(first.waiting_id)}
        >
          Let in
        </button>
      )}
      <button type="button" className="banner-button" data-testid="door-show" onClick={onShowPeople}>
        Show
      </button>
    </p>
  )
}
