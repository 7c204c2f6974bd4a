import type { CSSProperties } from 'react'
import { hueOf, initials } from '../state/names'

export function Avatar({ name, small = false }: { name: string; small?: boolean }) {
  const style = { '--hue': hueOf(name) } as CSSProperties
  return (
    <span className={small ? 'avatar small' : 'avatar'} style={style} aria-hidden="true">
      {initials(name)}
    </span>
  )
}
