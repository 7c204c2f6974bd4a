import { Hourglass } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { Call } from '../call/call'
import type { LobbyState } from '../state/lobby'

/** In the lobby: what one knows of one's waiting, what hosts say, and the way out. Devices can still be changed beside it. */
export function WaitingCard({ call, lobby }: { call: Call; lobby: LobbyState }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  return (
    <div className="join-card waiting-card" data-testid="waiting">
      <h2 ref={heading} tabIndex={-1}>
        <Hourglass size={20} aria-hidden="true" /> You asked to join
      </h2>
      <p role="status" data-testid="waiting-status">
        {lobby.hostPresent
          ? 'The host has been told. You come in by yourself as soon as they let you in.'
          : 'No host is here yet. When one comes, they can let you in.'}
      </p>
      {lobby.position > 1 && (
        <p className="hint">
          {lobby.position - 1 === 1
            ? 'One person was here before you.'
            : `${lobby.position - 1} people were here before you.`}
        </p>
      )}
      {lobby.reminder && (
        <p className="hint" role="status" data-testid="waiting-reminder">
          {lobby.reminder}
        </p>
      )}
      {lobby.messages.length > 0 && (
        <ul className="lobby-messages" aria-live="polite" aria-label="Messages from the host">
          {lobby.messages.map((text, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: messages only ever come after those that are there
            <li key={index} data-testid="lobby-message">
              {text}
            </li>
          ))}
        </ul>
      )}
      <button type="button" className="button wide" data-testid="leave-lobby" onClick={() => call.leaveLobby()}>
        Stop waiting
      </button>
    </div>
  )
}
