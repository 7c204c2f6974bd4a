import { MonitorUp, Volume2, WifiOff } from 'lucide-react'
import { useState } from 'react'
import type { Call } from '../call/call'
import { HandBanner } from './HandBanner'
import { DoorBanner, UnmutePrompt } from './HostBanners'
import { TryRelay } from './TryRelay'
import { useStore } from './useStore'

const LATE_MS = 2_000

/** Thin lines over the call for what one has to know now; each says what can be done about it. */
export function CallBanners({ call, onShowPeople }: { call: Call; onShowPeople: () => void }) {
  const { phase, media, restoring, lostAt } = useStore(call.state)
  const screen = useStore(call.screen.stream)
  const blocked = useStore(call.playback.blocked)
  return (
    <div className="banners">
      {phase === 'reconnecting' && <Reconnecting since={lostAt ?? Date.now()} />}
      {phase === 'joined' && restoring && (
        <p className="banner late" role="status" data-testid="restoring-media">
          <WifiOff size={16} aria-hidden="true" /> Reconnecting sound and picture…
        </p>
      )}
      {phase === 'joined' && !restoring && media === 'connecting' && (
        <p className="banner late" role="status" data-testid="connecting-media">
          <WifiOff size={16} aria-hidden="true" /> Connecting sound and picture…
          <TryRelay call={call} className="banner-button" />
        </p>
      )}
      {phase === 'joined' && media === 'failed' && (
        <p className="banner danger" role="alert" data-testid="media-failed">
          <WifiOff size={16} aria-hidden="true" />
          Sound and picture cannot get through your network.
          <TryRelay call={call} className="banner-button" />
          <button type="button" className="banner-button" onClick={() => call.giveUpOnMedia()}>
            What now?
          </button>
        </p>
      )}
      {blocked && (
        <p className="banner" role="alert">
          <Volume2 size={16} aria-hidden="true" />
          Your browser is holding back the sound.
          <button
            type="button"
            className="banner-button"
            data-testid="unblock-audio"
            onClick={() => call.playback.unblock()}
          >
            Click to hear the others
          </button>
        </p>
      )}
      <UnmutePrompt call={call} />
      <HandBanner call={call} />
      <DoorBanner call={call} onShowPeople={onShowPeople} />
      {screen && (
        <p className="banner share" data-testid="sharing-banner">
          <MonitorUp size={16} aria-hidden="true" />
          You are sharing your screen
          <button type="button" className="banner-button" data-testid="stop-sharing" onClick={() => call.screen.stop()}>
            Stop sharing
          </button>
        </p>
      )}
    </div>
  )
}

/** Not before the connection has been away for two seconds, however late that was noticed. */
function Reconnecting({ since }: { since: number }) {
  const [delay] = useState(() => Math.max(0, LATE_MS - (Date.now() - since)))
  return (
    <p className="banner late" role="status" data-testid="reconnecting" style={{ animationDelay: `${delay}ms` }}>
      <WifiOff size={16} aria-hidden="true" /> Reconnecting…
    </p>
  )
}
