import { useEffect, useState } from 'react'
import type { PastFilter } from '../protocol/history'
import { filterOf } from '../state/past-filter'

const SETTLE_MS = 300

/** By title and day; what is left empty narrows nothing. */
export function PastFilters({ onChange }: { onChange: (filter: PastFilter) => void }) {
  const [text, setText] = useState('')
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever listens is told of what was entered, and of nothing else
  useEffect(() => {
    const timer = setTimeout(() => onChange(filterOf(text, from, to)), SETTLE_MS)
    return () => clearTimeout(timer)
  }, [text, from, to])
  return (
    <search className="log-filters" aria-label="Which meetings">
      <label className="field">
        <span>Title</span>
        <input
          type="search"
          maxLength={100}
          value={text}
          data-testid="past-text"
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <label className="field">
        <span>From</span>
        <input type="date" value={from} data-testid="past-from" onChange={(event) => setFrom(event.target.value)} />
      </label>
      <label className="field">
        <span>To</span>
        <input type="date" value={to} data-testid="past-to" onChange={(event) => setTo(event.target.value)} />
      </label>
    </search>
  )
}
