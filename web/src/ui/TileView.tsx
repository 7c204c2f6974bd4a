import { Clock3, Hand, MicOff, Pin, PinOff, Star } from 'lucide-react'
import { useEffect } from 'react'
import type { Call } from '../call/call'
import { priorityOf, sizeOf } from '../call/demand'
import type { Size } from '../state/layout'
import type { Absence } from '../state/roster'
import type { Tile } from '../state/tiles'
import { Avatar } from './Avatar'
import { useStore } from './useStore'
import { Video } from './Video'

interface TileViewProps {
  readonly call: Call
  readonly tile: Tile
  readonly size: Size
}

export const absenceWords: Readonly<Record<Absence, string>> = { away: 'away', lost: 'connection lost' }

const onOff = (on: boolean) => (on ? 'on' : 'off')

export function TileView({ call, tile, size }: TileViewProps) {
  const speaking = useStore(call.speaking).has(tile.id)
  const name = tile.isMe ? `${tile.name} (you)` : tile.name
  return (
    <article
      className={['tile', speaking && 'speaking', tile.speaker && 'speaker'].filter(Boolean).join(' ')}
      style={size}
      aria-label={describe(tile, name)}
      data-testid={`tile-${tile.id}`}
      data-name={tile.name}
      data-audio={onOff(tile.audio)}
      data-video={onOff(tile.video)}
      data-hand={onOff(tile.hand)}
      data-speaking={onOff(speaking)}
      data-speaker={onOff(tile.speaker)}
      data-me={tile.isMe}
      data-pinned={onOff(tile.pinned)}
      data-spotlit={onOff(tile.spotlit)}
    >
      <Avatar name={tile.name} />
      {tile.isMe ? (
        <OwnPicture call={call} />
      ) : (
        tile.cameraId && <Picture call={call} id={tile.cameraId} tile={tile} size={size} />
      )}
      <footer className="tile-label">
        {!tile.audio && <MicOff size={14} aria-hidden="true" />}
        {tile.absence && <Clock3 size={14} aria-hidden="true" className="tile-mark" />}
        {tile.spotlit && <Star size={14} aria-label="In the spotlight" className="tile-mark" />}
        <span className="tile-name">{name}</span>
        {tile.absence && <span data-testid="tile-absence">· {absenceWords[tile.absence]}</span>}
      </footer>
      <PinButton call={call} tile={tile} />
      {tile.hand && (
        <span className="tile-hand">
          <Hand size={18} aria-hidden="true" />
          {tile.handPosition !== undefined && <b>{tile.handPosition}</b>}
        </span>
      )}
    </article>
  )
}

function PinButton({ call, tile }: { call: Call; tile: Tile }) {
  return (
    <button
      type="button"
      className="tile-pin"
      aria-pressed={tile.pinned}
      aria-label={tile.pinned ? `Unpin ${tile.name}` : `Pin ${tile.name} for yourself`}
      title={tile.pinned ? 'Unpin' : 'Pin for yourself'}
      onClick={() => call.pins.toggle(tile.id)}
    >
      {tile.pinned ? <PinOff size={16} aria-hidden="true" /> : <Pin size={16} aria-hidden="true" />}
    </button>
  )
}

function OwnPicture({ call }: { call: Call }) {
  const { track } = useStore(call.media.camera.state)
  return track ? <Video track={track} label="Your camera" mirrored /> : null
}

function Picture({ call, id, tile, size }: { call: Call; id: string; tile: Tile; size: Size }) {
  const remote = useStore(call.tracks).get(id)
  useShown(call, id, size, tile.pinned)
  if (!remote) return null
  return (
    <>
      <Video track={remote.track} label={`${tile.name}'s camera`} onFirstFrame={() => call.noteFrame(id)} />
      {remote.stalled && <Stalled />}
    </>
  )
}

/** A picture that stands still for want of bandwidth says so; the last one stays under it. */
export function Stalled() {
  return (
    <p className="tile-stalled" role="status" data-testid="stalled">
      Video paused, weak connection
    </p>
  )
}

/** Says that this picture is on the page and how large, so that it is sent at all and on the layer that fits. */
export function useShown(call: Call, producerId: string, { width, height }: Size, pinned = false): void {
  useEffect(() => {
    if (width <= 0 || height <= 0) return
    const size = sizeOf(width, height, devicePixelRatio)
    const page = sizeOf(innerWidth, innerHeight, devicePixelRatio)
    call.show(producerId, { size, priority: priorityOf(size, page, pinned) })
  }, [call, producerId, width, height, pinned])
  useEffect(() => () => call.hide(producerId), [call, producerId])
}

function describe(tile: Tile, name: string): string {
  const parts = [name, tile.audio ? 'microphone on' : 'muted', tile.video ? 'camera on' : 'camera off']
  if (tile.hand)
    parts.push(tile.handPosition === undefined ? 'hand raised' : `hand raised, number ${tile.handPosition}`)
  if (tile.absence) parts.push(absenceWords[tile.absence])
  if (tile.spotlit) parts.push('in the spotlight')
  return parts.join(', ')
}
