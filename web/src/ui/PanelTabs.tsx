import { type KeyboardEvent, useEffect, useRef } from 'react'

export type TabName = 'people' | 'chat' | 'polls'

export interface Tab {
  readonly name: TabName
  readonly title: string
  /** Shown beside the title when it is not 0. */
  readonly news: number
}

interface PanelTabsProps {
  readonly tabs: readonly Tab[]
  readonly current: TabName
  readonly onSelect: (name: TabName) => void
}

/** The tabs of the side panel: one is in the tab order, arrows move between them. */
export function PanelTabs({ tabs, current, onSelect }: PanelTabsProps) {
  const list = useRef<HTMLDivElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever opens the panel is taken to it, once
  useEffect(() => {
    // The chat takes the focus to where one writes.
    if (current !== 'chat') list.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus()
  }, [])
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const at = tabs.findIndex((tab) => tab.name === current)
    const next = (at + step + tabs.length) % tabs.length
    const tab = tabs[next]
    if (!tab) return
    onSelect(tab.name)
    list.current?.querySelectorAll<HTMLElement>('[role="tab"]')[next]?.focus()
  }
  return (
    <div ref={list} className="panel-tabs" role="tablist" aria-label="Panel" tabIndex={-1} onKeyDown={onKeyDown}>
      {tabs.map(({ name, title, news }) => (
        <button
          type="button"
          key={name}
          id={`tab-${name}`}
          role="tab"
          aria-selected={name === current}
          aria-controls="panel-body"
          tabIndex={name === current ? 0 : -1}
          data-testid={`tab-${name}`}
          onClick={() => onSelect(name)}
        >
          {title}
          {news > 0 && name !== current && <span className="count news">{news > 99 ? '99+' : news}</span>}
        </button>
      ))}
    </div>
  )
}
