import type { MeetingRecord } from '../pages/PastMeeting'
import type { PersonFigures } from '../protocol/history'
import { durationWords, timeWords } from '../state/history-words'

/** Who was in: when, how long, and for how long they had what switched on. */
export function PeopleTable({ record }: { record: MeetingRecord }) {
  const figures = new Map(record.analytics.participants.map((person) => [person.user_id, person]))
  return (
    <section className="table-scroll" aria-label="People of the meeting">
      <table className="history-table" data-testid="people-table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Role</th>
            <th scope="col">Came</th>
            <th scope="col">Left</th>
            {COLUMNS.map(([, title]) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
            <th scope="col">Engagement</th>
          </tr>
        </thead>
        <tbody>
          {record.people.map((person) => (
            <tr key={person.user_id}>
              <th scope="row">{person.display_name || person.user_id}</th>
              <td>{person.role?.replace('_', '-') ?? '–'}</td>
              <td>{person.joined_at === null ? '–' : timeWords(person.joined_at)}</td>
              <td>{person.left_at === null ? '–' : timeWords(person.left_at)}</td>
              <Figures of={figures.get(person.user_id)} />
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

const COLUMNS = [
  ['attendance_s', 'In for'],
  ['speaking_s', 'Spoke'],
  ['microphone_s', 'Microphone'],
  ['camera_s', 'Camera'],
  ['share_s', 'Shared'],
] as const

function Figures({ of }: { of: PersonFigures | undefined }) {
  return (
    <>
      {COLUMNS.map(([name, title]) => (
        <td key={title}>{of === undefined || of[name] === 0 ? '–' : durationWords(of[name])}</td>
      ))}
      <td>{of?.score ?? '–'}</td>
    </>
  )
}
