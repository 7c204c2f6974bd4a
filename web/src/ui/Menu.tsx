import { type ReactNode, useEffect, useRef } from 'react'

interface MenuProps {
  readonly label: string
  readonly className?: string
  readonly onClose: () => void
  readonly children: ReactNode
}

/** A small menu over its button. Opens with the focus on its first item, arrows move, Escape and a click elsewhere close. */
export function Menu({ label, className = '', onClose, children }: MenuProps) {
  const menu = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const opener = document.activeElement
    items(menu.current)[0]?.focus()
    const outside = (event: PointerEvent) => {
      const target = event.target as Node
      if (!menu.current?.parentElement?.contains(target)) onClose()
    }
    addEventListener('pointerdown', outside)
    return () => {
      removeEventListener('pointerdown', outside)
      if (opener instanceof HTMLElement) opener.focus()
    }
  }, [onClose])
  return (
    <div
      ref={menu}
      className={`menu ${className}`}
      role="menu"
      tabIndex={-1}
      aria-label={label}
      onKeyDown={(event) => {
        const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key]
        if (event.key === 'Escape') {
          event.stopPropagation()
          onClose()
        } else if (step) {
          event.preventDefault()
          move(menu.current, step)
        }
      }}
    >
      {children}
    </div>
  )
}

function items(menu: HTMLElement | null): HTMLElement[] {
  return [...(menu?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? [])]
}

function move(menu: HTMLElement | null, step: number): void {
  const all = items(menu)
  const at = all.indexOf(document.activeElement as HTMLElement)
  all[(at + step + all.length) % all.length]?.focus()
}
