import type { MeetingRecord } from '../pages/PastMeeting'
import type { EventFilter } from '../protocol/history'
import { eventWords } from '../state/history-words'

interface LogFiltersProps {
  readonly record: MeetingRecord
  readonly filter: EventFilter
  readonly onChange: (filter: EventFilter) => void
}

/** By type, person and time; what is left empty narrows nothing. */
export function LogFilters({ record, filter, onChange }: LogFiltersProps) {
  const set = (part: Partial<Record<keyof EventFilter, string>>) => {
    const given = Object.entries({ ...filter, ...part }).filter(([, value]) => value !== '')
    onChange(Object.fromEntries(given))
  }
  return (
    <div className="log-filters">
      <label className="field">
        <span>What</span>
        <select
          data-testid="filter-type"
          value={filter.type ?? ''}
          onChange={(event) => set({ type: event.target.value })}
        >
          <option value="">Everything</option>
          {Object.entries(record.counts).map(([type, count]) => (
            <option key={type} value={type}>
              {eventWords(type)} ({count})
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span>Who</span>
        <select
          data-testid="filter-person"
          value={filter.user_id ?? ''}
          onChange={(event) => set({ user_id: event.target.value })}
        >
          <option value="">Everybody</option>
          {record.people.map((person) => (
            <option key={person.user_id} value={person.user_id}>
              {person.display_name || person.user_id}
            </option>
          ))}
        </select>
      </label>
      <Moment name="From" value={filter.from} onChange={(from) => set({ from })} />
      <Moment name="To" value={filter.to} onChange={(to) => set({ to })} />
    </div>
  )
}

function Moment(props: { name: string; value: string | undefined; onChange: (moment: string) => void }) {
  return (
    <label className="field">
      <span>{props.name}</span>
      <input
        type="datetime-local"
        step={1}
        data-testid={`filter-${props.name.toLowerCase()}`}
        value={props.value === undefined ? '' : local(new Date(props.value))}
        onChange={({ target }) => {
          const moment = new Date(target.value)
          props.onChange(Number.isNaN(moment.getTime()) ? '' : moment.toISOString())
        }}
      />
    </label>
  )
}

/** As `datetime-local` wants it: the local time without a zone. */
function local(moment: Date): string {
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}
