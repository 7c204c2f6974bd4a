import { Download } from 'lucide-react'
import type { MeetingRecord } from '../pages/PastMeeting'
import type { PersonFigures } from '../protocol/history'
import { durationWords, timeWords } from '../state/history-words'
import { peopleCsv } from '../state/people-csv'
import { download } from '../ui/download'

/** Who was in: when, how long, for how long they had what switched on, and how often they took part in what. */
export function PeopleTable({ record }: { record: MeetingRecord }) {
  const figures = new Map(record.analytics.participants.map((person) => [person.user_id, person]))
  const save = () => {
    const csv = peopleCsv(record.people, figures)
    download(`${record.meeting.id}-people.csv`, new Blob([csv], { type: 'text/csv;charset=utf-8' }))
  }
  return (
    <section className="log" aria-label="People of the meeting">
      <div className="log-exports">
        <button type="button" className="button" data-testid="people-csv" onClick={save}>
          <Download size={16} aria-hidden="true" /> CSV
        </button>
      </div>
      <div className="table-scroll">
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
              {COUNTS.map(([, title]) => (
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
      </div>
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

const COUNTS = [
  ['chat_messages', 'Messages'],
  ['poll_votes', 'Polls answered'],
  ['reactions', 'Reactions'],
  ['hands_raised', 'Hands raised'],
] as const

function Figures({ of }: { of: PersonFigures | undefined }) {
  return (
    <>
      {COLUMNS.map(([name, title]) => (
        <td key={title}>{of === undefined || of[name] === 0 ? '–' : durationWords(of[name])}</td>
      ))}
      {COUNTS.map(([name, title]) => (
        <td key={title}>{of === undefined || of[name] === 0 ? '–' : of[name]}</td>
      ))}
      <td>{of?.score ?? '–'}</td>
    </>
  )
}
