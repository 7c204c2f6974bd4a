import { useEffect, useMemo } from 'react'
import type { Services } from '../app'
import { AttentionPanel } from '../operator/AttentionPanel'
import { FigureGrid } from '../operator/FigureGrid'
import { OperatorFrame } from '../operator/OperatorFrame'
import { RoomsTable, WorkersTable } from '../operator/OverviewTables'
import { type OverviewState, OverviewWatch } from '../operator/overview-watch'
import { askOverview } from '../protocol/overview'
import { useStore } from '../ui/useStore'

/** One node at a glance: what it carries, how it keeps up, and what waits for somebody. */
export function OperatorOverview({ services }: { services: Services }) {
  useEffect(() => {
    document.title = 'Overview · Folkmoot'
  }, [])
  return (
    <OperatorFrame services={services} page="operator">
      {(token, onRefused) => <LiveOverview key={token} token={token} onRefused={onRefused} />}
    </OperatorFrame>
  )
}

const STATUS: Record<OverviewState['status'], string> = {
  connecting: 'Connecting…',
  live: 'Live',
  lost: 'No answer. Trying again…',
  refused: 'Refused',
}

function LiveOverview({ token, onRefused }: { token: string; onRefused: (why: string) => void }) {
  const watch = useMemo(() => new OverviewWatch((after) => askOverview(token, after)), [token])
  const { status, problem, overview } = useStore(watch)
  useEffect(() => {
    watch.open()
    return () => watch.close()
  }, [watch])
  useEffect(() => {
    if (status === 'refused') onRefused(problem ?? 'The server refused this token.')
  }, [status, problem, onRefused])
  return (
    <>
      <div className="stream-head">
        <h1>Overview</h1>
        <span className={`stream-status ${status}`} role="status" data-testid="overview-status">
          {STATUS[status]}
        </span>
        <span className="hint">This node, over the last five minutes</span>
      </div>
      {overview !== undefined && (
        <>
          <AttentionPanel overview={overview} />
          <FigureGrid points={overview.points} />
          <WorkersTable workers={overview.workers} />
          <RoomsTable rooms={overview.rooms} leftOut={overview.rooms_left_out} />
        </>
      )}
    </>
  )
}
