import { Download } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { MeetingRecord } from '../pages/PastMeeting'
import { type EventFilter, type ExportFormat, historyApi, type LoggedEvent } from '../protocol/history'
import { eventWords, historyProblem, timeWords } from '../state/history-words'
import { download } from '../ui/download'
import { LogFilters } from './LogFilters'
import { codedOf } from './useAsked'

const PAGE = 100

/** Every event of the meeting, narrowed by type, person and time, and to take away as it is narrowed. */
export function EventLog({ record }: { record: MeetingRecord }) {
  const [filter, setFilter] = useState<EventFilter>({})
  const [problem, setProblem] = useState<string>()
  const save = (format: ExportFormat) => {
    setProblem(undefined)
    saveExport(record, filter, format).catch((error: unknown) => setProblem(historyProblem(codedOf(error))))
  }
  return (
    <section className="log" aria-label="Log">
      <LogFilters record={record} filter={filter} onChange={setFilter} />
      <div className="log-exports">
        {(['csv', 'ndjson'] as const).map((format) => (
          <button
            type="button"
            key={format}
            className="button"
            data-testid={`export-${format}`}
            onClick={() => save(format)}
          >
            <Download size={16} aria-hidden="true" /> {format.toUpperCase()}
          </button>
        ))}
      </div>
      {problem !== undefined && (
        <p className="field-problem" role="alert">
          {problem}
        </p>
      )}
      <Rows key={JSON.stringify(filter)} record={record} filter={filter} />
    </section>
  )
}

function Rows({ record, filter }: { record: MeetingRecord; filter: EventFilter }) {
  const [wanted, setWanted] = useState(0)
  const [events, setEvents] = useState<readonly LoggedEvent[]>()
  const [next, setNext] = useState<number | null>(null)
  const [problem, setProblem] = useState<string>()
  useEffect(() => {
    let current = true
    const ask = async () => {
      const page = await historyApi.events(await record.token(), record.meeting.id, filter, wanted, PAGE)
      if (!current) return
      setEvents((before) => (wanted === 0 ? page.items : [...(before ?? []), ...page.items]))
      setNext(page.next_after)
    }
    ask().catch((error: unknown) => current && setProblem(historyProblem(codedOf(error))))
    return () => {
      current = false
    }
  }, [record, filter, wanted])
  if (problem !== undefined) return <p className="field-problem">{problem}</p>
  if (events === undefined) return <p className="hint">Looking…</p>
  if (events.length === 0) return <p className="hint">Nothing of that kind happened.</p>
  const names = namesOf(record)
  return (
    <>
      <ol className="log-rows" data-testid="log-rows">
        {events.map((event) => (
          <Row key={event.event_id} event={event} who={names.get(event.participant_id ?? '')} />
        ))}
      </ol>
      {next !== null && (
        <button type="button" className="button" data-testid="log-more" onClick={() => setWanted(next)}>
          Show more
        </button>
      )}
    </>
  )
}

function Row({ event, who }: { event: LoggedEvent; who: string | undefined }) {
  const told = Object.keys(event.payload).length > 0
  return (
    <li className="log-row">
      <span className="log-number">{event.sequence}</span>
      <time dateTime={event.timestamp}>{timeWords(event.timestamp)}</time>
      <span className="log-what">
        {eventWords(event.type)} <code>{event.type}</code>
      </span>
      <span className="log-who">{who ?? ''}</span>
      {told && (
        <details>
          <summary>Details</summary>
          <pre>{JSON.stringify(event.payload, null, 2)}</pre>
        </details>
      )}
    </li>
  )
}

function namesOf({ timeline }: MeetingRecord): Map<string, string> {
  return new Map(timeline.lanes.flatMap((lane) => lane.stays.map((stay) => [stay.participant_id, lane.display_name])))
}

async function saveExport(record: MeetingRecord, filter: EventFilter, format: ExportFormat): Promise<void> {
  const blob = await historyApi.export(await record.token(), record.meeting.id, filter, format)
  download(`${record.meeting.id}-events.${format}`, blob)
}
