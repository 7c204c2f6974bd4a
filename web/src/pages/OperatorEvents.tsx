import { type FormEvent, useEffect, useMemo, useState } from 'react'
import type { Services } from '../app'
import { EventRow } from '../operator/EventRow'
import { EventStream, type LoggedEvent, MOST_SHOWN, type StreamFilter } from '../operator/event-stream'
import { statusWords } from '../operator/event-words'
import { OperatorFrame } from '../operator/OperatorFrame'
import { useStore } from '../ui/useStore'

const EVERYTHING: StreamFilter = { types: '', meetingId: '' }

/** What happens on the server, as it happens. */
export function OperatorEvents({ services }: { services: Services }) {
  useEffect(() => {
    document.title = 'Live events · Folkmoot'
  }, [])
  return (
    <OperatorFrame services={services} page="operator-events">
      {(token, onRefused) => <LiveEvents key={token} token={token} onRefused={onRefused} />}
    </OperatorFrame>
  )
}

function LiveEvents({ token, onRefused }: { token: string; onRefused: (why: string) => void }) {
  const stream = useMemo(() => new EventStream(token), [token])
  const state = useStore(stream)
  const [filter, setFilter] = useState(EVERYTHING)
  const [frozen, setFrozen] = useState<{ events: readonly LoggedEvent[]; seen: number }>()
  useEffect(() => {
    stream.open(filter)
    return () => stream.close()
  }, [stream, filter])
  const refusedFilter = state.status === 'refused' && filter !== EVERYTHING
  useEffect(() => {
    if (state.status === 'refused' && !refusedFilter) onRefused(statusWords(state))
  }, [state, refusedFilter, onRefused])
  const shown = frozen?.events ?? state.events
  return (
    <>
      <div className="stream-head">
        <h1>Live events</h1>
        <span className={`stream-status ${state.status}`} role="status" data-testid="stream-status">
          {statusWords(state)}
        </span>
        <span className="hint" data-testid="stream-seen">
          {frozen ? `${state.seen - frozen.seen} more since you paused` : `${state.seen} since this page opened`}
        </span>
        <div className="stream-actions">
          <button
            type="button"
            className="button"
            data-testid="stream-pause"
            aria-pressed={frozen !== undefined}
            onClick={() => setFrozen(frozen ? undefined : { events: state.events, seen: state.seen })}
          >
            {frozen ? 'Go on' : 'Pause'}
          </button>
          <button type="button" className="button" data-testid="stream-clear" onClick={() => stream.clear()}>
            Clear
          </button>
        </div>
      </div>
      <StreamFilters key={`${filter.types} ${filter.meetingId}`} filter={filter} onFilter={setFilter} />
      {shown.length === 0 && <p className="hint">Nothing has happened yet. What does appears here at once.</p>}
      <ol className="stream-list" data-testid="stream-list">
        {shown.map((event) => (
          <EventRow key={event.event_id} event={event} onMeeting={(meetingId) => setFilter({ ...filter, meetingId })} />
        ))}
      </ol>
      {shown.length === MOST_SHOWN && <p className="hint">The last {MOST_SHOWN} are shown.</p>}
    </>
  )
}

function StreamFilters({ filter, onFilter }: { filter: StreamFilter; onFilter: (filter: StreamFilter) => void }) {
  const [draft, setDraft] = useState(filter)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onFilter({ ...draft })
  }
  return (
    <form className="stream-filters" onSubmit={submit}>
      <label className="field">
        <span>Types</span>
        <input
          data-testid="stream-types"
          value={draft.types}
          placeholder="all, or participant.*, meeting.ended"
          spellCheck={false}
          onChange={(event) => setDraft({ ...draft, types: event.target.value })}
        />
      </label>
      <label className="field">
        <span>Meeting</span>
        <input
          data-testid="stream-meeting"
          value={draft.meetingId}
          placeholder="all meetings"
          spellCheck={false}
          onChange={(event) => setDraft({ ...draft, meetingId: event.target.value })}
        />
      </label>
      <button type="submit" className="button primary" data-testid="stream-apply">
        Show
      </button>
      <button type="button" className="button" disabled={filter === EVERYTHING} onClick={() => onFilter(EVERYTHING)}>
        Everything
      </button>
    </form>
  )
}
