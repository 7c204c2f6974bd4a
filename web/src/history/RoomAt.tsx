import { Hand, Mic, MicOff, MonitorUp, Unplug, Video, VideoOff } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { MeetingRecord } from '../pages/PastMeeting'
import { historyApi, type PersonState } from '../protocol/history'
import { historyProblem, peopleWords, timeWords } from '../state/history-words'
import { Avatar } from '../ui/Avatar'
import { useAsked } from './useAsked'

const SETTLE_MS = 120

/** The room as it was at that second, as the record says. */
export function RoomAt({ record, at }: { record: MeetingRecord; at: number }) {
  const settled = useSettled(at)
  const id = record.meeting.id
  const asked = useAsked(`${id} ${settled}`, async () =>
    historyApi.state(await record.token(), id, new Date(settled).toISOString()),
  )
  const people = useLast(asked.status === 'known' ? asked.value.participants : undefined)
  return (
    <section className="room-at" aria-label="The room at this moment">
      <h2>
        <span data-testid="room-at-time">{timeWords(at)}</span>
        <span className="hint">
          {people === undefined ? '' : people.length === 0 ? 'nobody was in' : `${peopleWords(people.length)} in`}
        </span>
      </h2>
      {asked.status === 'refused' && <p className="field-problem">{historyProblem(asked.error)}</p>}
      <ul className="room-at-people" data-testid="room-at" data-settled={asked.status === 'known' && settled === at}>
        {(people ?? []).map((person) => (
          <Person key={person.participant_id} person={person} />
        ))}
      </ul>
    </section>
  )
}

function Person({ person }: { person: PersonState }) {
  const words = [
    person.speaking ? 'speaking' : '',
    person.audio ? 'microphone on' : 'muted',
    person.video ? 'camera on' : 'camera off',
    person.screen ? 'sharing' : '',
    person.hand ? 'hand up' : '',
    person.away ? 'connection lost' : '',
  ].filter((word) => word !== '')
  return (
    <li className={person.speaking ? 'person speaking' : 'person'} data-name={person.display_name}>
      <Avatar name={person.display_name} small />
      <span className="person-name">{person.display_name}</span>
      <span className="person-states" aria-hidden="true">
        {person.away && <Unplug size={16} />}
        {person.hand && <Hand size={16} className="hand" />}
        {person.screen && <MonitorUp size={16} className="on" />}
        {person.audio ? <Mic size={16} className="on" /> : <MicOff size={16} />}
        {person.video ? <Video size={16} className="on" /> : <VideoOff size={16} />}
      </span>
      <span className="visually-hidden">{words.join(', ')}</span>
    </li>
  )
}

/** The value once it has not changed for a moment: who drags asks once, at the end. */
function useSettled(value: number): number {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLE_MS)
    return () => clearTimeout(timer)
  }, [value])
  return settled
}

/** The last value there was, so that nothing flickers while the next is on its way. */
function useLast<T>(value: T | undefined): T | undefined {
  const [last, setLast] = useState(value)
  useEffect(() => {
    if (value !== undefined) setLast(value)
  }, [value])
  return value ?? last
}
