import { Hand } from 'lucide-react'
import { useState } from 'react'
import type { Call } from '../call/call'
import type { PreferenceStore } from '../state/preferences'
import { allowedTo, personOfId } from '../state/rules'
import type { Tile } from '../state/tiles'
import { Avatar } from './Avatar'
import { HostControls } from './HostControls'
import { PersonRow } from './PersonRow'
import { useNow } from './useNow'
import { useStore } from './useStore'
import { WaitingList } from './WaitingList'

const SEARCH_FROM = 20

interface PeoplePanelProps {
  readonly call: Call
  readonly tiles: readonly Tile[]
  readonly preferences: PreferenceStore
  /** A private message is to be written to somebody. */
  readonly onMessage: () => void
}

/** Who asks to come in, raised hands in their order, everybody, and for hosts what they decide for the whole room. */
export function PeoplePanel({ call, tiles, preferences, onMessage }: PeoplePanelProps) {
  const { roster, me } = useStore(call.state)
  const [search, setSearch] = useState('')
  const allowed = allowedTo(personOfId(roster, me), roster.rules)
  const wanted = search.trim().toLowerCase()
  const shown = wanted === '' ? tiles : tiles.filter((tile) => tile.name.toLowerCase().includes(wanted))
  return (
    <>
      {allowed.host && roster.waiting.length > 0 && <WaitingList call={call} waiting={roster.waiting} />}
      {roster.hands.length > 0 && <Hands call={call} tiles={tiles} host={allowed.host} />}
      <section aria-labelledby="all-title">
        <h3 id="all-title">In the call ({tiles.length})</h3>
        {tiles.length > SEARCH_FROM && (
          <label className="field person-search">
            <span className="visually-hidden">Search people</span>
            <input
              type="search"
              placeholder="Search"
              value={search}
              onChange={(event) => setSearch(event.target.value)}
            />
          </label>
        )}
        <ul className="people">
          {shown.map((tile) => (
            <PersonRow key={tile.id} call={call} tile={tile} onMessage={onMessage} />
          ))}
        </ul>
      </section>
      {allowed.host && (
        <HostControls call={call} rules={roster.rules} closing={allowed.closing} preferences={preferences} />
      )}
    </>
  )
}

function Hands({ call, tiles, host }: { call: Call; tiles: readonly Tile[]; host: boolean }) {
  const { roster } = useStore(call.state)
  const now = useNow(1_000)
  const byId = new Map(tiles.map((tile) => [tile.id, tile]))
  const hands = roster.hands.flatMap((id) => byId.get(id) ?? [])
  return (
    <section aria-labelledby="hands-title">
      <header className="section-header">
        <h3 id="hands-title">Raised hands</h3>
        {host && (
          <button
            type="button"
            className="link-button"
            data-testid="lower-all-hands"
            onClick={() => void call.hosting.lowerAllHands()}
          >
            Lower all
          </button>
        )}
      </header>
      <ol className="people" data-testid="hands">
        {hands.map((tile, index) => (
          <li key={tile.id} className="person">
            <span className="hand-place">{index + 1}</span>
            <Avatar name={tile.name} small />
            <span className="person-name">{tile.name}</span>
            <Hand size={16} aria-hidden="true" />
            <small className="quiet-text">{elapsed(personOfId(roster, tile.id)?.handAt, now)}</small>
          </li>
        ))}
      </ol>
    </section>
  )
}

/** How long a hand is up, in minutes and seconds; clocks of two machines may differ, time does not run backwards. */
function elapsed(since: number | undefined, now: number): string {
  if (since === undefined) return ''
  const seconds = Math.max(0, Math.floor((now - since) / 1_000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
