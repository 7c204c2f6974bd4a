import type { MeetingRecord } from '../pages/PastMeeting'
import type { Lane } from '../protocol/history'
import { durationWords, timeWords } from '../state/history-words'
import { type Extent, extentOf, lasted } from '../state/timeline'

/** Who was in: when, how long, and for how long they had what switched on. */
export function PeopleTable({ record }: { record: MeetingRecord }) {
  const { timeline, people, openedAt } = record
  const extent = extentOf(timeline, openedAt)
  const lanes = new Map(timeline.lanes.map((lane) => [lane.user_id, lane]))
  return (
    <section className="table-scroll" aria-label="People of the meeting">
      <table className="history-table" data-testid="people-table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Role</th>
            <th scope="col">Came</th>
            <th scope="col">Left</th>
            <th scope="col">In for</th>
            <th scope="col">Spoke</th>
            <th scope="col">Microphone</th>
            <th scope="col">Camera</th>
            <th scope="col">Shared</th>
          </tr>
        </thead>
        <tbody>
          {people.map((person) => (
            <tr key={person.user_id}>
              <th scope="row">{person.display_name || person.user_id}</th>
              <td>{person.role?.replace('_', '-') ?? '–'}</td>
              <td>{person.joined_at === null ? '–' : timeWords(person.joined_at)}</td>
              <td>{person.left_at === null ? '–' : timeWords(person.left_at)}</td>
              <Figures lane={lanes.get(person.user_id)} extent={extent} />
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Figures({ lane, extent }: { lane: Lane | undefined; extent: Extent | undefined }) {
  const spans =
    lane && extent ? [lane.stays, ...(['speaking', 'audio', 'video', 'screen'] as const).map((s) => lane.spans[s])] : []
  return [0, 1, 2, 3, 4].map((column) => {
    const seconds = extent ? lasted(spans[column], extent) : 0
    return <td key={column}>{seconds === 0 ? '–' : durationWords(seconds)}</td>
  })
}
