import { useState } from 'react'
import type { Call } from '../call/call'
import type { BlockView } from '../protocol/messages'

/** For hosts: who is kept out, and the way to let them in again. It is asked for when it is opened. */
export function BlockList({ call }: { call: Call }) {
  const [blocked, setBlocked] = useState<readonly BlockView[]>()
  const look = async () => setBlocked(await call.hosting.blocked())
  const unblock = async (userId: string) => {
    await call.hosting.unblock(userId)
    await look()
  }
  return (
    <details
      className="block-list"
      onToggle={({ currentTarget }) => {
        if (currentTarget.open) void look()
      }}
    >
      <summary data-testid="blocked-people">Blocked people</summary>
      {blocked?.length === 0 && <p className="hint">Nobody is blocked.</p>}
      <ul className="people" data-testid="block-list">
        {(blocked ?? []).map((person) => (
          <li key={person.user_id} className="person" data-name={person.display_name}>
            <span className="person-name">{person.display_name}</span>
            <button
              type="button"
              className="link-button"
              data-testid="unblock"
              aria-label={`Unblock ${person.display_name}`}
              onClick={() => void unblock(person.user_id)}
            >
              Unblock
            </button>
          </li>
        ))}
      </ul>
    </details>
  )
}
