import { type KeyboardEvent, useRef } from 'react'

export interface Tab {
  readonly name: string
  readonly title: string
}

/** One tab is in the tab order, arrows move between them. */
export function Tabs(props: { tabs: readonly Tab[]; current: string; onSelect: (name: string) => void }) {
  const { tabs, current, onSelect } = props
  const list = useRef<HTMLDivElement>(null)
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const next = (tabs.findIndex((tab) => tab.name === current) + step + tabs.length) % tabs.length
    onSelect(tabs[next]?.name ?? current)
    list.current?.querySelectorAll<HTMLElement>('[role="tab"]')[next]?.focus()
  }
  return (
    <div ref={list} className="history-tabs" role="tablist" aria-label="Views" tabIndex={-1} onKeyDown={onKeyDown}>
      {tabs.map(({ name, title }) => (
        <button
          type="button"
          key={name}
          id={`history-tab-${name}`}
          role="tab"
          aria-selected={name === current}
          aria-controls="history-body"
          tabIndex={name === current ? 0 : -1}
          data-testid={`history-tab-${name}`}
          onClick={() => onSelect(name)}
        >
          {title}
        </button>
      ))}
    </div>
  )
}
