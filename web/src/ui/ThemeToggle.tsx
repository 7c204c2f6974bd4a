import { Monitor, Moon, Sun } from 'lucide-react'
import type { PreferenceStore, Theme } from '../state/preferences'
import { useStore } from './useStore'

const next: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' }
const icons = { system: Monitor, light: Sun, dark: Moon } as const
const labels: Readonly<Record<Theme, string>> = { system: 'as on this device', light: 'light', dark: 'dark' }

export function ThemeToggle({ preferences }: { preferences: PreferenceStore }) {
  const { theme } = useStore(preferences)
  const Icon = icons[theme]
  return (
    <button
      type="button"
      className="icon-button"
      data-testid="theme-toggle"
      aria-label={`Colours: ${labels[theme]}. Change`}
      title={`Colours: ${labels[theme]}`}
      onClick={() => preferences.patch({ theme: next[theme] })}
    >
      <Icon size={20} />
    </button>
  )
}
