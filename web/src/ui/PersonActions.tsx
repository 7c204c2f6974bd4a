import {
  Ban,
  Crown,
  Hand,
  type LucideIcon,
  MessageSquare,
  MessageSquareLock,
  Mic,
  MicOff,
  MonitorUp,
  MonitorX,
  Pencil,
  Pin,
  PinOff,
  Presentation,
  Star,
  UserMinus,
  Video,
  VideoOff,
} from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { Call } from '../call/call'
import type { Person, Roster } from '../state/roster'
import { allowedTo, mayModerate, personOfId } from '../state/rules'
import type { Tile } from '../state/tiles'
import { useStore } from './useStore'

interface Action {
  readonly icon: LucideIcon
  readonly label: string
  readonly testId: string
  readonly act: () => unknown
  /** Asked for once more before it is done. */
  readonly grave?: boolean
}

interface PersonActionsProps {
  readonly id: string
  readonly call: Call
  readonly tile: Tile
  readonly person: Person
  readonly onMessage: () => void
  readonly onRename: () => void
  readonly onDone: () => void
}

/** What can be done with one person: pinned by anybody, and moderated by hosts. */
export function PersonActions({ id, call, tile, person, onMessage, onRename, onDone }: PersonActionsProps) {
  const { roster, me } = useStore(call.state)
  const [asked, setAsked] = useState<string>()
  const whole = useRef<HTMLFieldSetElement>(null)
  useEffect(() => {
    // In braces: newer browsers answer with a promise, which is nothing to clean up with.
    whole.current?.scrollIntoView({ block: 'nearest' })
  }, [])
  const actor = personOfId(roster, me)
  const actions = [
    pinning(call, tile),
    ...(allowedTo(actor, roster.rules).chat && actor?.userId !== person.userId
      ? [messaging(call, person, onMessage)]
      : []),
    ...(tile.isMe || mayModerate(actor, person) ? [renaming(tile, onRename)] : []),
    ...(mayModerate(actor, person) ? moderation(call, tile, person, roster) : []),
    ...(actor?.role === 'host' && !tile.isMe ? roles(call, person) : []),
    ...(mayModerate(actor, person) && !tile.isMe ? removal(call, person) : []),
  ]
  return (
    <fieldset ref={whole} id={id} className="person-actions" aria-label={`What to do with ${tile.name}`}>
      {actions.map(({ icon: Icon, label, testId, act, grave }) => (
        <button
          type="button"
          key={testId}
          data-testid={testId}
          className={grave ? 'grave' : ''}
          onClick={() => {
            if (grave && asked !== testId) {
              setAsked(testId)
              return
            }
            act()
            onDone()
          }}
        >
          <Icon size={16} aria-hidden="true" /> {grave && asked === testId ? `${label}: press again` : label}
        </button>
      ))}
    </fieldset>
  )
}

function pinning(call: Call, tile: Tile): Action {
  return {
    icon: tile.pinned ? PinOff : Pin,
    label: tile.pinned ? 'Unpin' : 'Pin for me',
    testId: 'pin',
    act: () => call.pins.toggle(tile.id),
  }
}

function messaging(call: Call, person: Person, onMessage: () => void): Action {
  return {
    icon: MessageSquareLock,
    label: 'Message privately',
    testId: 'message-privately',
    act: () => {
      call.chat.discard()
      call.chat.write({ to: person.id })
      onMessage()
    },
  }
}

function renaming(tile: Tile, onRename: () => void): Action {
  return { icon: Pencil, label: tile.isMe ? 'Change your name' : 'Rename', testId: 'rename', act: onRename }
}

function moderation(call: Call, tile: Tile, person: Person, roster: Roster): Action[] {
  const { hosting } = call
  const { id } = person
  const sharing = roster.producers.some((p) => p.participant_id === id && p.source === 'screen')
  const spotlight = roster.spotlight.filter((other) => other !== id)
  const actions: Action[] = [
    {
      icon: Star,
      label: tile.spotlit ? 'Out of the spotlight' : 'Spotlight for everybody',
      testId: 'spotlight',
      act: () => hosting.spotlight(tile.spotlit ? spotlight : [...spotlight, id]),
    },
  ]
  if (tile.hand) {
    actions.push({ icon: Hand, label: 'Lower the hand', testId: 'lower-hand', act: () => hosting.lowerHand(id) })
  }
  if (tile.isMe) return actions
  if (person.role !== 'observer') actions.push(...switches(call, tile))
  if (sharing) {
    actions.push({ icon: MonitorX, label: 'Stop the share', testId: 'stop-share', act: () => hosting.stopShare(id) })
  }
  return [...actions, ...permits(call, person)]
}

function permits({ hosting }: Call, person: Person): Action[] {
  const { id } = person
  return [
    {
      icon: MonitorUp,
      label: person.mayShare ? 'Forbid sharing' : 'Allow sharing',
      testId: 'permit-share',
      act: () => hosting.permit(id, 'can_share_screen', !person.mayShare),
    },
    {
      icon: MessageSquare,
      label: person.mayChat ? 'Forbid chat' : 'Allow chat',
      testId: 'permit-chat',
      act: () => hosting.permit(id, 'can_use_chat', !person.mayChat),
    },
    {
      icon: Presentation,
      label: person.presents ? 'No longer presenter' : 'Make presenter',
      testId: 'permit-presenter',
      act: () => hosting.permit(id, 'is_presenter', !person.presents),
    },
  ]
}

/** What is on can be switched off; what is off can only be asked for. */
function switches({ hosting }: Call, tile: Tile): Action[] {
  return [
    tile.audio
      ? { icon: MicOff, label: 'Mute', testId: 'mute', act: () => hosting.mute(tile.id, 'audio') }
      : { icon: Mic, label: 'Ask to unmute', testId: 'ask-unmute', act: () => hosting.askToUnmute(tile.id, 'audio') },
    tile.video
      ? { icon: VideoOff, label: 'Stop the camera', testId: 'stop-video', act: () => hosting.mute(tile.id, 'video') }
      : {
          icon: Video,
          label: 'Ask for the camera',
          testId: 'ask-video',
          act: () => hosting.askToUnmute(tile.id, 'video'),
        },
  ]
}

function roles({ hosting }: Call, { id, role }: Person): Action[] {
  const actions: Action[] = []
  if (role !== 'host') {
    const co = role === 'co_host'
    actions.push({
      icon: Crown,
      label: co ? 'No longer co-host' : 'Make co-host',
      testId: 'co-host',
      act: () => hosting.setRole(id, co ? 'participant' : 'co_host'),
    })
  }
  actions.push({
    icon: Crown,
    label: role === 'host' ? 'No longer host' : 'Make host',
    testId: 'host',
    act: () => hosting.setRole(id, role === 'host' ? 'participant' : 'host'),
    grave: true,
  })
  return actions
}

function removal({ hosting }: Call, { id }: Person): Action[] {
  return [
    { icon: UserMinus, label: 'Remove', testId: 'remove', act: () => hosting.remove(id), grave: true },
    { icon: Ban, label: 'Remove and block', testId: 'block', act: () => hosting.block(id), grave: true },
  ]
}
