import { EllipsisVertical, Mic, MicOff, Video, VideoOff } from 'lucide-react'
import { useState } from 'react'
import type { Call } from '../call/call'
import { personOfId } from '../state/rules'
import type { Tile } from '../state/tiles'
import { Avatar } from './Avatar'
import { PersonActions } from './PersonActions'
import { RenameForm } from './RenameForm'
import { absenceWords } from './TileView'
import { useStore } from './useStore'

const roleNames: Readonly<Record<string, string>> = {
  host: 'Host',
  co_host: 'Co-host',
  presenter: 'Presenter',
  observer: 'Observer',
}

interface PersonRowProps {
  readonly call: Call
  readonly tile: Tile
  readonly onMessage: () => void
}

export function PersonRow({ call, tile, onMessage }: PersonRowProps) {
  const { roster } = useStore(call.state)
  const [open, setOpen] = useState(false)
  const [renaming, setRenaming] = useState(false)
  const person = personOfId(roster, tile.id)
  const role = roleNames[person?.role ?? ''] ?? (person?.presents ? roleNames['presenter'] : undefined)
  const actions = `actions-${tile.id}`
  return (
    <li data-testid={`person-${tile.id}`} data-name={tile.name}>
      <div className="person">
        <Avatar name={tile.name} small />
        <span className="person-name">
          {tile.name}
          {tile.isMe && ' (you)'}
          {role && <small data-testid="person-role">{role}</small>}
          {tile.absence && <small data-testid="person-absence">{absenceWords[tile.absence]}</small>}
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
        <button
          type="button"
          className="icon-button"
          aria-label={`What to do with ${tile.name}`}
          aria-expanded={open}
          aria-controls={actions}
          data-testid="person-menu"
          onClick={() => setOpen(!open)}
        >
          <EllipsisVertical size={18} aria-hidden="true" />
        </button>
      </div>
      {renaming && (
        <RenameForm
          name={tile.name}
          onRename={(name) => {
            setRenaming(false)
            void call.gestures.rename(tile.id, name)
          }}
          onCancel={() => setRenaming(false)}
        />
      )}
      {open && person && (
        <PersonActions
          id={actions}
          call={call}
          tile={tile}
          person={person}
          onMessage={onMessage}
          onRename={() => setRenaming(true)}
          onDone={() => setOpen(false)}
        />
      )}
    </li>
  )
}
