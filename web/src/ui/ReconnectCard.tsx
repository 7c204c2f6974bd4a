import { WifiOff } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { Call } from '../call/call'
import { RECONNECT_WINDOW_MS } from '../protocol/socket'
import { TryRelay } from './TryRelay'
import { useNow } from './useNow'
import { useStore } from './useStore'

/** A connection that is away for longer than this is worth more than a line. */
const LATE_MS = 10_000

/** Over the call, once the connection has been away for long: how much longer we try, and what one can do meanwhile. */
export function ReconnectCard({ call }: { call: Call }) {
  const { phase, lostAt } = useStore(call.state)
  return phase === 'reconnecting' && lostAt !== undefined ? <Late call={call} lostAt={lostAt} /> : null
}

function Late({ call, lostAt }: { call: Call; lostAt: number }) {
  const away = useNow(500) - lostAt
  return away < LATE_MS ? null : <Card call={call} left={Math.max(0, RECONNECT_WINDOW_MS - away)} />
}

function Card({ call, left }: { call: Call; left: number }) {
  const heading = useRef<HTMLHeadingElement>(null)
  const camera = useStore(call.media.camera.state)
  useEffect(() => heading.current?.focus(), [])
  return (
    <div className="reconnect" data-testid="reconnect-card">
      <section className="reconnect-card" aria-labelledby="reconnect-title">
        <h2 id="reconnect-title" ref={heading} tabIndex={-1}>
          <WifiOff size={20} aria-hidden="true" /> The connection is gone
        </h2>
        <p>
          Your place is kept for a while: you come back by yourself as soon as the network does. We keep trying for{' '}
          <span className="countdown" data-testid="countdown">
            {Math.ceil(left / 1_000)}
          </span>{' '}
          seconds more.
        </p>
        <div className="reconnect-actions">
          <button type="button" className="button primary" data-testid="try-now" onClick={() => call.tryNow()}>
            Try now
          </button>
          <TryRelay call={call} className="button" />
          {camera.on && (
            <button type="button" className="button" onClick={() => void call.media.camera.set(false)}>
              Sound only
            </button>
          )}
          <button type="button" className="button" onClick={() => call.leave()}>
            Leave
          </button>
        </div>
      </section>
    </div>
  )
}
