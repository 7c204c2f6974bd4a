import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

interface ControlButtonProps {
  readonly icon: LucideIcon
  readonly label: string
  readonly testId: string
  readonly keys?: string
  readonly pressed?: boolean
  /** How it stands out: what is off, what is on and unusual, and the way out. */
  readonly tone?: 'plain' | 'off' | 'active' | 'danger'
  readonly expanded?: boolean
  /** Why it cannot be pressed now. It stays where it is: hands remember places. */
  readonly forbidden?: string | undefined
  readonly onPress: () => void
  readonly children?: ReactNode
}

export function ControlButton({ icon: Icon, tone = 'plain', ...props }: ControlButtonProps) {
  return (
    <button
      type="button"
      className={`control ${tone}`}
      data-testid={props.testId}
      aria-label={props.label}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      aria-keyshortcuts={props.keys}
      disabled={props.forbidden !== undefined}
      title={props.forbidden ?? (props.keys ? `${props.label} (${props.keys})` : props.label)}
      onClick={props.onPress}
    >
      <Icon size={22} aria-hidden="true" />
      {props.children}
    </button>
  )
}
