import {
  Activity,
  Bell,
  ChartBarBig,
  Clock3,
  Keyboard,
  LayoutGrid,
  Link2,
  type LucideIcon,
  Maximize,
  RectangleHorizontal,
  Settings2,
  SunMoon,
} from 'lucide-react'
import type { Services } from '../app'
import type { Theme } from '../state/preferences'
import type { CallActions } from './ControlBar'
import { Menu } from './Menu'
import { useStore } from './useStore'

const nextTheme: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' }

interface Item {
  readonly icon: LucideIcon
  readonly label: string
  readonly testId: string
  readonly action: () => void
}

export function MoreMenu({
  actions,
  services,
  onClose,
}: {
  actions: CallActions
  services: Services
  onClose: () => void
}) {
  const speaker = useStore(services.preferences).layout === 'speaker'
  const items: readonly Item[] = [
    { icon: ChartBarBig, label: 'Polls', testId: 'open-polls', action: () => actions.togglePanel('polls') },
    {
      icon: speaker ? LayoutGrid : RectangleHorizontal,
      label: speaker ? 'Show everybody alike' : 'Show who speaks large',
      testId: 'toggle-layout',
      action: actions.toggleLayout,
    },
    { icon: Clock3, label: 'Step away', testId: 'step-away', action: actions.stepAway },
    { icon: Settings2, label: 'Devices', testId: 'open-devices', action: () => actions.togglePanel('devices') },
    { icon: Bell, label: 'Notices', testId: 'open-notices', action: () => actions.togglePanel('notices') },
    {
      icon: Activity,
      label: 'Connection details',
      testId: 'open-connection',
      action: () => actions.togglePanel('connection'),
    },
    {
      icon: Keyboard,
      label: 'Keyboard shortcuts',
      testId: 'open-shortcuts',
      action: () => actions.togglePanel('shortcuts'),
    },
    { icon: Link2, label: 'Copy the link', testId: 'menu-copy-link', action: actions.copyLink },
    { icon: Maximize, label: 'Full screen', testId: 'full-screen', action: toggleFullScreen },
    {
      icon: SunMoon,
      label: 'Light or dark',
      testId: 'menu-theme',
      action: () => services.preferences.update((p) => ({ ...p, theme: nextTheme[p.theme] })),
    },
  ]
  return (
    <Menu label="More" className="more-menu" onClose={onClose}>
      {items.map(({ icon: Icon, label, testId, action }) => (
        <button
          type="button"
          role="menuitem"
          key={label}
          data-testid={testId}
          onClick={() => {
            onClose()
            action()
          }}
        >
          <Icon size={18} aria-hidden="true" /> {label}
        </button>
      ))}
    </Menu>
  )
}

export function toggleFullScreen(): void {
  const change = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()
  // Where the browser forbids it, nothing happens, which is all there is to see.
  change.catch(() => undefined)
}
