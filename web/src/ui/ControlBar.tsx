import {
  ChartBarBig,
  Ellipsis,
  Hand,
  Link2,
  MessageSquareText,
  Mic,
  MicOff,
  MonitorUp,
  MonitorX,
  PhoneOff,
  SmilePlus,
  Users,
  Video,
  VideoOff,
} from 'lucide-react'
import { useCallback, useState } from 'react'
import type { Services } from '../app'
import type { Call } from '../call/call'
import { REACTIONS } from '../call/reactions'
import type { PreferenceStore } from '../state/preferences'
import { allowedTo, personOfId } from '../state/rules'
import { ACTIONS, type ChosenKeys, keysOf, keyWords } from '../state/shortcuts'
import type { OwnMedia } from '../state/tiles'
import { ControlButton } from './ControlButton'
import { Menu } from './Menu'
import { MoreMenu } from './MoreMenu'
import { COMMAND } from './ShortcutSheet'
import type { PanelName } from './SidePanel'
import { useStore } from './useStore'

export interface CallActions {
  readonly toggleMicrophone: () => void
  readonly toggleCamera: () => void
  readonly toggleScreen: () => void
  readonly toggleHand: () => void
  readonly react: (reaction: string) => void
  readonly togglePanel: (name: PanelName) => void
  readonly showPeople: () => void
  readonly closePanel: () => void
  readonly copyLink: () => void
  readonly toggleLayout: () => void
  readonly stepAway: () => void
  readonly leave: () => void
  readonly preferences: PreferenceStore
}

interface ControlBarProps {
  readonly call: Call
  readonly services: Services
  readonly actions: CallActions
  readonly panel: PanelName | undefined
  readonly people: number
  readonly own: OwnMedia
}

/** As `aria-keyshortcuts` writes them. */
function pressesOf(name: string, chosen: ChosenKeys): string {
  const action = ACTIONS.find((each) => each.name === name)
  const [first] = action ? keysOf(action, chosen) : []
  return first === undefined ? '' : keyWords(first, COMMAND === 'Ctrl' ? 'Control' : 'Meta')
}

const shareSupported = () => navigator.mediaDevices !== undefined && 'getDisplayMedia' in navigator.mediaDevices

/** The order is fixed: a hand that has learnt where mute is must always find it there. */
export function ControlBar({ call, services, actions, panel, people, own }: ControlBarProps) {
  const { roster, me } = useStore(call.state)
  const sharing = useStore(call.screen.stream) !== undefined
  const person = personOfId(roster, me)
  const allowed = allowedTo(person, roster.rules)
  const hand = person?.hand === true
  const { shortcuts } = useStore(services.preferences)
  const keys = (name: string) => pressesOf(name, shortcuts)
  return (
    <div className="control-bar" role="toolbar" aria-label="Call controls">
      <ControlButton
        testId="mic-toggle"
        icon={own.microphone ? Mic : MicOff}
        label={own.microphone ? 'Mute' : 'Unmute'}
        keys={keys('microphone')}
        pressed={own.microphone}
        tone={own.microphone ? 'plain' : 'off'}
        onPress={actions.toggleMicrophone}
      />
      <ControlButton
        testId="camera-toggle"
        icon={own.camera ? Video : VideoOff}
        label={own.camera ? 'Turn the camera off' : 'Turn the camera on'}
        keys={keys('camera')}
        pressed={own.camera}
        tone={own.camera ? 'plain' : 'off'}
        onPress={actions.toggleCamera}
      />
      {shareSupported() && (
        <ShareButton sharing={sharing} allowed={allowed.share} keys={keys('share')} onPress={actions.toggleScreen} />
      )}
      <ControlButton
        testId="hand-toggle"
        icon={Hand}
        label={hand ? 'Lower your hand' : 'Raise your hand'}
        keys={keys('hand')}
        pressed={hand}
        tone={hand ? 'active' : 'plain'}
        onPress={actions.toggleHand}
      />
      <ReactionMenu onReact={actions.react} forbidden={allowed.react ? undefined : 'Reactions are switched off here'} />
      <ControlButton
        testId="people-toggle"
        icon={Users}
        label="People"
        keys={keys('people')}
        expanded={panel === 'people'}
        onPress={() => actions.togglePanel('people')}
      >
        <span className="count">{people}</span>
        {roster.waiting.length > 0 && (
          <span className="count waiting" data-testid="waiting-badge">
            {roster.waiting.length}
            <span className="visually-hidden"> waiting to be let in</span>
          </span>
        )}
      </ControlButton>
      <ChatButton
        call={call}
        keys={keys('chat')}
        expanded={panel === 'chat'}
        onPress={() => actions.togglePanel('chat')}
      />
      <span className="wide-only">
        <PollsButton call={call} expanded={panel === 'polls'} onPress={() => actions.togglePanel('polls')} />
      </span>
      <span className="wide-only">
        <ControlButton testId="copy-link" icon={Link2} label="Copy the link" onPress={actions.copyLink} />
      </span>
      <More actions={actions} services={services} />
      <ControlButton testId="leave" icon={PhoneOff} label="Leave" tone="danger" onPress={actions.leave} />
    </div>
  )
}

interface ChatButtonProps {
  readonly call: Call
  readonly keys: string
  readonly expanded: boolean
  readonly onPress: () => void
}

function ChatButton({ call, keys, expanded, onPress }: ChatButtonProps) {
  const { unread } = useStore(call.chat.state)
  return (
    <ControlButton
      testId="chat-toggle"
      icon={MessageSquareText}
      label="Chat"
      keys={keys}
      expanded={expanded}
      onPress={onPress}
    >
      {unread > 0 && (
        <span className="count news" data-testid="chat-badge">
          {unread > 99 ? '99+' : unread}
          <span className="visually-hidden"> unread</span>
        </span>
      )}
    </ControlButton>
  )
}

function PollsButton({ call, expanded, onPress }: { call: Call; expanded: boolean; onPress: () => void }) {
  const { unseen } = useStore(call.polls.state)
  return (
    <ControlButton testId="polls-toggle" icon={ChartBarBig} label="Polls" expanded={expanded} onPress={onPress}>
      {unseen.length > 0 && (
        <span className="count news" data-testid="polls-badge">
          {unseen.length}
          <span className="visually-hidden"> to answer</span>
        </span>
      )}
    </ControlButton>
  )
}

interface ShareButtonProps {
  readonly sharing: boolean
  readonly allowed: boolean
  readonly keys: string
  readonly onPress: () => void
}

function ShareButton({ sharing, allowed, keys, onPress }: ShareButtonProps) {
  return (
    <ControlButton
      testId="share-toggle"
      icon={sharing ? MonitorX : MonitorUp}
      label={sharing ? 'Stop sharing' : 'Share your screen'}
      keys={keys}
      pressed={sharing}
      tone={sharing ? 'active' : 'plain'}
      forbidden={allowed || sharing ? undefined : 'You are not allowed to share your screen here'}
      onPress={onPress}
    />
  )
}

interface ReactionMenuProps {
  readonly onReact: (reaction: string) => void
  readonly forbidden: string | undefined
}

function ReactionMenu({ onReact, forbidden }: ReactionMenuProps) {
  const [open, setOpen] = useState(false)
  const close = useCallback(() => setOpen(false), [])
  return (
    <span className="menu-anchor">
      <ControlButton
        testId="reactions-toggle"
        icon={SmilePlus}
        label="React"
        forbidden={forbidden}
        expanded={open}
        onPress={() => setOpen(!open)}
      />
      {open && (
        <Menu label="Reactions" className="reaction-menu" onClose={close}>
          {REACTIONS.map((reaction) => (
            <button
              type="button"
              role="menuitem"
              key={reaction}
              data-testid={`reaction-${reaction}`}
              onClick={() => {
                onReact(reaction)
                close()
              }}
            >
              {reaction}
            </button>
          ))}
        </Menu>
      )}
    </span>
  )
}

function More({ actions, services }: { actions: CallActions; services: Services }) {
  const [open, setOpen] = useState(false)
  const close = useCallback(() => setOpen(false), [])
  return (
    <span className="menu-anchor">
      <ControlButton testId="more-toggle" icon={Ellipsis} label="More" expanded={open} onPress={() => setOpen(!open)} />
      {open && <MoreMenu actions={actions} services={services} onClose={close} />}
    </span>
  )
}
