import { ChevronRight, Users } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { Services } from '../app'
import { HistoryHeader } from '../history/HistoryHeader'
import { PastFilters } from '../history/PastFilters'
import { codedOf } from '../history/useAsked'
import { historyApi, type PastFilter, type PastMeeting } from '../protocol/history'
import { pastPath } from '../route'
import { dayWords, durationWords, historyProblem, peopleWords, timeWords } from '../state/history-words'
import { useStore } from '../ui/useStore'

/** Every meeting somebody made or was in, the latest first. */
export function History({ services }: { services: Services }) {
  const account = useStore(services.account)
  useEffect(() => {
    document.title = 'Past meetings · Folkmoot'
  }, [])
  return (
    <div className="history">
      <HistoryHeader services={services} />
      <main className="history-main">
        <h1>Past meetings</h1>
        {account.status === 'signed-in' && <Found key={account.user.id} services={services} />}
        {account.status === 'guest' && (
          <p className="hint" data-testid="history-guest">
            Sign in to see the meetings you made and those you were in.
          </p>
        )}
      </main>
    </div>
  )
}

function Found({ services }: { services: Services }) {
  const [filter, setFilter] = useState<PastFilter>({})
  return (
    <>
      <PastFilters onChange={setFilter} />
      <Held key={JSON.stringify(filter)} services={services} filter={filter} />
    </>
  )
}

function Held({ services, filter }: { services: Services; filter: PastFilter }) {
  const { meetings, more, problem, onMore } = useHeld(services, filter)
  if (problem !== undefined) return <p className="field-problem">{problem}</p>
  if (meetings === undefined) return <p className="hint">Looking…</p>
  if (meetings.length === 0) {
    const narrowed = Object.keys(filter).length > 0
    return <p className="hint">{narrowed ? 'No such meeting was held.' : 'No meeting of yours was held yet.'}</p>
  }
  return (
    <>
      <ul className="past-list" data-testid="past-list">
        {meetings.map((meeting) => (
          <li key={meeting.id}>
            <PastRow meeting={meeting} onOpen={() => services.navigation.go(pastPath(meeting.id))} />
          </li>
        ))}
      </ul>
      {more && (
        <button type="button" className="button" data-testid="past-more" onClick={onMore}>
          Show more
        </button>
      )}
    </>
  )
}

function PastRow({ meeting, onOpen }: { meeting: PastMeeting; onOpen: () => void }) {
  const { ended_at: ended, started_at: started } = meeting
  const what = (
    <>
      <span className="past-when">
        <strong>{dayWords(started)}</strong>
        <span>{timeWords(started)}</span>
      </span>
      <span className="past-title">
        <strong>{meeting.title || meeting.id}</strong>
        <span>
          {ended === null ? 'under way' : durationWords((Date.parse(ended) - Date.parse(started)) / 1000)}
          {meeting.hosted ? ' · you hosted' : ''}
        </span>
      </span>
      <span className="past-people">
        <Users size={16} aria-hidden="true" />
        <span>{peopleWords(meeting.people)}</span>
      </span>
    </>
  )
  if (!meeting.hosted) return <div className="past-row">{what}</div>
  return (
    <a
      className="past-row"
      href={pastPath(meeting.id)}
      data-testid={`past-${meeting.id}`}
      onClick={(event) => {
        event.preventDefault()
        onOpen()
      }}
    >
      {what}
      <ChevronRight size={18} aria-hidden="true" />
    </a>
  )
}

interface HeldMeetings {
  readonly meetings: readonly PastMeeting[] | undefined
  readonly more: boolean
  readonly problem: string | undefined
  readonly onMore: () => void
}

/** Page by page: `wanted` is where the next one begins. */
function useHeld(services: Services, filter: PastFilter): HeldMeetings {
  const [wanted, setWanted] = useState<string>()
  const [meetings, setMeetings] = useState<readonly PastMeeting[]>()
  const [next, setNext] = useState<string | null>(null)
  const [problem, setProblem] = useState<string>()
  useEffect(() => {
    let current = true
    const ask = async () => {
      const token = (await services.account.token()) ?? ''
      const page = await historyApi.held(token, filter, wanted)
      if (!current) return
      setMeetings((before) => (wanted === undefined ? page.items : [...(before ?? []), ...page.items]))
      setNext(page.next_before)
    }
    ask().catch((error: unknown) => current && setProblem(historyProblem(codedOf(error))))
    return () => {
      current = false
    }
  }, [services, filter, wanted])
  return { meetings, more: next !== null, problem, onMore: () => setWanted(next ?? undefined) }
}
