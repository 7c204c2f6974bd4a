import { ArrowLeft } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { Services } from '../app'
import { ConversationView } from '../history/ConversationView'
import { EventLog } from '../history/EventLog'
import { FigureStrip } from '../history/FigureStrip'
import { HistoryHeader } from '../history/HistoryHeader'
import { PeopleTable } from '../history/PeopleTable'
import { QualityView } from '../history/QualityView'
import { type Tab, Tabs } from '../history/Tabs'
import { TimelineView } from '../history/TimelineView'
import { useAsked } from '../history/useAsked'
import { api, type LookedMeeting } from '../protocol/api'
import { CodedError } from '../protocol/errors'
import { type Analytics, historyApi, type ParticipantRecord, type Timeline } from '../protocol/history'
import { dayWords, durationWords, historyProblem, peopleWords, timeWords } from '../state/history-words'
import { extentOf } from '../state/timeline'
import { useStore } from '../ui/useStore'

/** One meeting as it was: its timeline, its people, its log. */
export function PastMeeting({ id, services }: { id: string; services: Services }) {
  const account = useStore(services.account)
  const asked = useAsked(`${id} ${account.status}`, () => openRecord(id, services))
  useEffect(() => {
    document.title = 'Past meeting · Folkmoot'
  }, [])
  return (
    <div className="history">
      <HistoryHeader services={services} />
      <main className="history-main wide">
        <a
          className="back-link"
          href="/history"
          onClick={(event) => {
            event.preventDefault()
            services.navigation.go('/history')
          }}
        >
          <ArrowLeft size={16} aria-hidden="true" /> Past meetings
        </a>
        {asked.status === 'asking' && <p className="hint">Looking…</p>}
        {asked.status === 'refused' && (
          <p className="notice-card" role="alert" data-testid="past-problem">
            {historyProblem(asked.error)}
          </p>
        )}
        {asked.status === 'known' && <Opened record={asked.value} />}
      </main>
    </div>
  )
}

/** What the tabs of one meeting share. */
export interface MeetingRecord {
  readonly meeting: LookedMeeting
  readonly timeline: Timeline
  readonly people: readonly ParticipantRecord[]
  readonly counts: Readonly<Record<string, number>>
  readonly analytics: Analytics
  readonly openedAt: number
  readonly token: () => Promise<string>
}

async function openRecord(id: string, services: Services): Promise<MeetingRecord> {
  const token = async () => {
    const present = await services.tokens.present(id)
    if (present === undefined) throw new CodedError('UNAUTHORIZED', 'Nobody is signed in.', 'history')
    return present
  }
  const by = await token()
  const [meeting, timeline, people, counts, analytics] = await Promise.all([
    api.meeting(id, by),
    historyApi.timeline(by, id),
    historyApi.people(by, id),
    historyApi.counts(by, id),
    historyApi.analytics(by, id),
  ])
  return { meeting, timeline, people, counts, analytics, openedAt: Date.now(), token }
}

const TABS: readonly Tab[] = [
  { name: 'timeline', title: 'Timeline' },
  { name: 'people', title: 'People' },
  { name: 'conversation', title: 'Chat & polls' },
  { name: 'quality', title: 'Quality' },
  { name: 'log', title: 'Log' },
]

function Opened({ record }: { record: MeetingRecord }) {
  const [tab, setTab] = useState('timeline')
  const { meeting, timeline, people, openedAt } = record
  const extent = extentOf(timeline, openedAt)
  return (
    <>
      <div className="past-head">
        <h1 data-testid="past-title">{meeting.title || meeting.id}</h1>
        <p className="hint">
          {timeline.started_at === null ? (
            'Nobody was ever in.'
          ) : (
            <>
              {dayWords(timeline.started_at)}, {timeWords(timeline.started_at)} ·{' '}
              {timeline.ended_at === null ? 'under way for ' : ''}
              {durationWords(extent ? (extent.end - extent.start) / 1000 : 0)} · {peopleWords(people.length)}
            </>
          )}
        </p>
      </div>
      <FigureStrip analytics={record.analytics} />
      <Tabs tabs={TABS} current={tab} onSelect={setTab} />
      <div role="tabpanel" id="history-body" aria-labelledby={`history-tab-${tab}`}>
        {tab === 'timeline' && extent && <TimelineView record={record} extent={extent} />}
        {tab === 'people' && <PeopleTable record={record} />}
        {tab === 'conversation' && <ConversationView record={record} />}
        {tab === 'quality' && <QualityView record={record} />}
        {tab === 'log' && <EventLog record={record} />}
      </div>
    </>
  )
}
