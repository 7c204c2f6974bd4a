import type { MeetingRecord } from '../pages/PastMeeting'
import { historyApi, type LoggedEvent } from '../protocol/history'
import { historyProblem, timeWords } from '../state/history-words'
import { gradeOf, type PersonQuality, qualities } from '../state/quality'
import { useAsked } from './useAsked'

const PAGE = 500
/** More would be long in coming; what is left out is said. */
const MOST_PAGES = 10

/** How everybody's connection did, the worst first, and when it did worst. */
export function QualityView({ record }: { record: MeetingRecord }) {
  const asked = useAsked(record.meeting.id, () => measurements(record))
  if (asked.status === 'asking') return <p className="hint">Looking…</p>
  if (asked.status === 'refused') return <p className="field-problem">{historyProblem(asked.error)}</p>
  const people = qualities(asked.value.events, peopleOf(record))
  if (people.length === 0) return <p className="hint">Nothing was measured: the meeting was short.</p>
  return (
    <section className="table-scroll" aria-label="Quality">
      <table className="history-table" data-testid="quality-table">
        <thead>
          <tr>
            {['Name', 'Quality', 'At worst', 'When', 'Loss, sent', 'Loss, received', 'Round trip', 'Measured'].map(
              (title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {people.map((person) => (
            <Row key={person.person} of={person} />
          ))}
        </tbody>
      </table>
      {asked.value.more && <p className="hint">Only the first {asked.value.events.length} measurements are in it.</p>}
    </section>
  )
}

function Row({ of }: { of: PersonQuality }) {
  return (
    <tr>
      <th scope="row">{of.person}</th>
      <td>{score(of.mean)}</td>
      <td>{score(of.worst.quality)}</td>
      <td>{timeWords(of.worst.at)}</td>
      <td>{percent(of.lossIn)}</td>
      <td>{percent(of.lossOut)}</td>
      <td>{of.rttMs === undefined ? '–' : `${Math.round(of.rttMs)} ms`}</td>
      <td>{of.measured} times</td>
    </tr>
  )
}

const score = (value: number) => `${gradeOf(value)} (${value.toFixed(1)})`
const percent = (share: number) => `${(share * 100).toFixed(1)} %`

function peopleOf({ timeline }: MeetingRecord): Map<string, string> {
  return new Map(
    timeline.lanes.flatMap((lane) =>
      lane.stays.map((stay) => [stay.participant_id, lane.display_name || lane.user_id]),
    ),
  )
}

async function measurements(record: MeetingRecord): Promise<{ events: readonly LoggedEvent[]; more: boolean }> {
  const events: LoggedEvent[] = []
  let after: number | null = 0
  for (let page = 0; page < MOST_PAGES && after !== null; page++) {
    const filter = { type: 'connection.stats' }
    const answer = await historyApi.events(await record.token(), record.meeting.id, filter, after, PAGE)
    events.push(...answer.items)
    after = answer.next_after
  }
  return { events, more: after !== null }
}
