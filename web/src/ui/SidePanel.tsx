import { X } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { Services } from '../app'
import type { Call } from '../call/call'
import type { Reporter } from '../call/report'
import type { Tile } from '../state/tiles'
import { ConnectionPanel } from './ConnectionPanel'
import { DevicePickers } from './DevicePickers'
import { PeoplePanel } from './PeoplePanel'
import { ShortcutSheet } from './ShortcutSheet'

export type PanelName = 'people' | 'devices' | 'connection' | 'shortcuts'

const titles: Readonly<Record<PanelName, string>> = {
  people: 'People',
  devices: 'Devices',
  connection: 'Connection details',
  shortcuts: 'Keyboard shortcuts',
}

interface SidePanelProps {
  readonly name: PanelName
  readonly call: Call
  readonly reporter: Reporter
  readonly services: Services
  readonly tiles: readonly Tile[]
  readonly onClose: () => void
}

export function SidePanel(props: SidePanelProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  const { name } = props
  // biome-ignore lint/correctness/useExhaustiveDependencies: another panel takes the focus anew
  useEffect(() => heading.current?.focus(), [name])
  return (
    <aside className="panel" aria-labelledby="panel-title" data-testid={`panel-${name}`}>
      <header className="panel-header">
        <h2 id="panel-title" ref={heading} tabIndex={-1}>
          {titles[name]}
        </h2>
        <button type="button" className="icon-button" aria-label="Close" onClick={props.onClose}>
          <X size={20} />
        </button>
      </header>
      <div className="panel-body">
        <PanelBody {...props} />
      </div>
    </aside>
  )
}

function PanelBody({ name, call, reporter, services, tiles }: SidePanelProps) {
  switch (name) {
    case 'people':
      return <PeoplePanel call={call} tiles={tiles} preferences={services.preferences} />
    case 'devices':
      return <DevicePickers media={call.media} preferences={services.preferences} />
    case 'connection':
      return <ConnectionPanel reporter={reporter} />
    case 'shortcuts':
      return <ShortcutSheet />
  }
}
