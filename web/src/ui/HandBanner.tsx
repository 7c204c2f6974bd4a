import { Hand } from 'lucide-react'
import type { Call } from '../call/call'
import { useStore } from './useStore'

/** To one who has spoken with a raised hand: it comes down only if they say so. */
export function HandBanner({ call }: { call: Call }) {
  if (!useStore(call.gestures.lowering)) return null
  return (
    <p className="banner" role="status" data-testid="hand-banner">
      <Hand size={16} aria-hidden="true" />
      Your hand is still up
      <button
        type="button"
        className="banner-button"
        data-testid="hand-down"
        onClick={() => call.gestures.raiseHand(false)}
      >
        Lower it
      </button>
      <button type="button" className="banner-button" onClick={() => call.gestures.keepHand()}>
        Keep it up
      </button>
    </p>
  )
}
