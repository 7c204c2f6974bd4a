import { X } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { Services } from '../app'
import type { Call } from '../call/call'
import type { Reporter } from '../call/report'
import type { Tile } from '../state/tiles'
import { ChatPanel } from './ChatPanel'
import { ConnectionPanel } from './ConnectionPanel'
import { DevicePickers } from './DevicePickers'
import { NoticeChoice } from './NoticeChoice'
import { PanelTabs, type TabName } from './PanelTabs'
import { PeoplePanel } from './PeoplePanel'
import { PollsPanel } from './PollsPanel'
import { ShortcutSheet } from './ShortcutSheet'
import { useStore } from './useStore'

export type PanelName = TabName | 'devices' | 'notices' | 'connection' | 'shortcuts'

const titles: Readonly<Record<PanelName, string>> = {
  people: 'People',
  chat: 'Chat',
  polls: 'Polls',
  devices: 'Devices',
  notices: 'Notices',
  connection: 'Connection details',
  shortcuts: 'Keyboard shortcuts',
}

interface SidePanelProps {
  readonly name: PanelName
  readonly call: Call
  readonly reporter: Reporter
  readonly services: Services
  readonly tiles: readonly Tile[]
  readonly onShow: (name: PanelName) => void
  readonly onClose: () => void
}

export function SidePanel(props: SidePanelProps) {
  const { name } = props
  const tabs = useTabs(props)
  const tab = tabs.find((each) => each.name === name)
  return (
    <aside className="panel" aria-label={titles[name]} data-testid={`panel-${name}`}>
      <header className="panel-header">
        {tab ? <PanelTabs tabs={tabs} current={tab.name} onSelect={props.onShow} /> : <Title name={name} />}
        <button type="button" className="icon-button" aria-label="Close" onClick={props.onClose}>
          <X size={20} />
        </button>
      </header>
      <div
        id="panel-body"
        className={`panel-body ${name === 'chat' ? 'whole' : ''}`}
        {...(tab ? { role: 'tabpanel', 'aria-labelledby': `tab-${name}` } : {})}
      >
        <PanelBody {...props} />
      </div>
    </aside>
  )
}

function useTabs({ call, tiles }: SidePanelProps) {
  const { roster } = useStore(call.state)
  const { unread } = useStore(call.chat.state)
  const { unseen } = useStore(call.polls.state)
  return [
    { name: 'people', title: `People ${tiles.length}`, news: roster.waiting.length },
    { name: 'chat', title: 'Chat', news: unread },
    { name: 'polls', title: 'Polls', news: unseen.length },
  ] as const
}

function Title({ name }: { name: PanelName }) {
  const heading = useRef<HTMLHeadingElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another panel takes the focus anew
  useEffect(() => heading.current?.focus(), [name])
  return (
    <h2 ref={heading} tabIndex={-1}>
      {titles[name]}
    </h2>
  )
}

function PanelBody({ name, call, reporter, services, tiles, onShow }: SidePanelProps) {
  switch (name) {
    case 'people':
      return (
        <PeoplePanel call={call} tiles={tiles} preferences={services.preferences} onMessage={() => onShow('chat')} />
      )
    case 'chat':
      return <ChatPanel call={call} />
    case 'polls':
      return <PollsPanel call={call} />
    case 'devices':
      return <DevicePickers media={call.media} preferences={services.preferences} />
    case 'notices':
      return <NoticeChoice preferences={services.preferences} />
    case 'connection':
      return <ConnectionPanel reporter={reporter} />
    case 'shortcuts':
      return <ShortcutSheet preferences={services.preferences} />
  }
}
