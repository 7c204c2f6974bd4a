import { Hand, Mic, MicOff, Video, VideoOff } from 'lucide-react'
import type { Call } from '../call/call'
import type { Tile } from '../state/tiles'
import { Avatar } from './Avatar'
import { useStore } from './useStore'

const roleNames: Readonly<Record<string, string>> = {
  host: 'Host',
  cohost: 'Co-host',
  co_host: 'Co-host',
  presenter: 'Presenter',
  observer: 'Observer',
}

/** Raised hands first and in the order they went up, then everybody. */
export function PeoplePanel({ call, tiles }: { call: Call; tiles: readonly Tile[] }) {
  const { roster } = useStore(call.state)
  const byId = new Map(tiles.map((tile) => [tile.id, tile]))
  const hands = roster.hands.flatMap((id) => byId.get(id) ?? [])
  const role = (id: string) => roleNames[roster.people.find((person) => person.id === id)?.role ?? '']
  return (
    <>
      {hands.length > 0 && (
        <section aria-labelledby="hands-title">
          <h3 id="hands-title">Raised hands</h3>
          <ol className="people">
            {hands.map((tile) => (
              <li key={tile.id} className="person">
                <Avatar name={tile.name} small />
                <span className="person-name">{tile.name}</span>
                <Hand size={16} aria-hidden="true" />
              </li>
            ))}
          </ol>
        </section>
      )}
      <section aria-labelledby="all-title">
        <h3 id="all-title">In the call ({tiles.length})</h3>
        <ul className="people">
          {tiles.map((tile) => (
            <li key={tile.id} className="person">
              <Avatar name={tile.name} small />
              <span className="person-name">
                {tile.name}
                {tile.isMe && ' (you)'}
                {role(tile.id) && <small>{role(tile.id)}</small>}
              </span>
              {tile.audio ? (
                <Mic size={16} aria-label="microphone on" />
              ) : (
                <MicOff size={16} aria-label="muted" className="quiet" />
              )}
              {tile.video ? (
                <Video size={16} aria-label="camera on" />
              ) : (
                <VideoOff size={16} aria-label="camera off" className="quiet" />
              )}
            </li>
          ))}
        </ul>
      </section>
    </>
  )
}
