import { MonitorUp, Volume2, WifiOff } from 'lucide-react'
import type { Call } from '../call/call'
import { DoorBanner, UnmutePrompt } from './HostBanners'
import { useStore } from './useStore'

/** Thin lines over the call for what one has to know now; each says what can be done about it. */
export function CallBanners({ call, onShowPeople }: { call: Call; onShowPeople: () => void }) {
  const { phase, media, restoring } = useStore(call.state)
  const screen = useStore(call.screen.stream)
  const blocked = useStore(call.playback.blocked)
  return (
    <div className="banners">
      {phase === 'reconnecting' && (
        <p className="banner late" role="status" data-testid="reconnecting">
          <WifiOff size={16} aria-hidden="true" /> Reconnecting…
        </p>
      )}
      {phase === 'joined' && restoring && (
        <p className="banner late" role="status" data-testid="restoring-media">
          <WifiOff size={16} aria-hidden="true" /> Reconnecting sound and picture…
        </p>
      )}
      {phase === 'joined' && !restoring && media === 'connecting' && (
        <p className="banner late" role="status" data-testid="connecting-media">
          <WifiOff size={16} aria-hidden="true" /> Connecting sound and picture…
        </p>
      )}
      {phase === 'joined' && media === 'failed' && (
        <p className="banner danger" role="alert" data-testid="media-failed">
          <WifiOff size={16} aria-hidden="true" />
          Sound and picture cannot get through your network.
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
