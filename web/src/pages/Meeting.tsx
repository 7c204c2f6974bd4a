import { useEffect, useState } from 'react'
import type { Services } from '../app'
import { Call } from '../call/call'
import { LocalMedia } from '../call/local-media'
import { offerReport, Reporter } from '../call/report'
import { CallObserver } from '../events/observer'
import { assertNever } from '../protocol/messages'
import { useStore } from '../ui/useStore'
import { CallPage } from './CallPage'
import { Ended } from './Ended'
import { GreenRoom } from './GreenRoom'

/** One address, `/m/<id>`: the green room, the call and its end follow each other in place. */
export function Meeting({ id, services }: { id: string; services: Services }) {
  const [visit, setVisit] = useState(0)
  const opened = useCall(id, visit, services)
  if (!opened) return null
  return <Stages opened={opened} services={services} onAgain={() => setVisit(visit + 1)} />
}

interface Opened {
  readonly call: Call
  readonly reporter: Reporter
}

function Stages({ opened, services, onAgain }: { opened: Opened; services: Services; onAgain: () => void }) {
  const { phase, ending, role, meeting, reportId } = useStore(opened.call.state)
  switch (phase) {
    case 'green-room':
    case 'joining':
    case 'waiting':
      return <GreenRoom call={opened.call} services={services} />
    case 'joined':
    case 'reconnecting':
      return <CallPage call={opened.call} reporter={opened.reporter} services={services} />
    case 'ended':
      return (
        <Ended
          ending={ending ?? 'left'}
          reportId={reportId}
          services={services}
          past={role === 'host' ? meeting?.id : undefined}
          onAgain={onAgain}
        />
      )
    default:
      return assertNever(phase)
  }
}

/** A call for as long as this page shows it; each visit is a new one. */
function useCall(id: string, visit: number, services: Services): Opened | undefined {
  const [opened, setOpened] = useState<Opened>()
  // biome-ignore lint/correctness/useExhaustiveDependencies: another visit is another call
  useEffect(() => {
    const { preferences, tokens, events } = services
    const { microphoneOn, cameraOn, microphoneId, cameraId, speakerId, name } = preferences.get()
    const media = new LocalMedia({ microphoneOn, cameraOn, microphoneId, cameraId, speakerId })
    const call = new Call(id, media, tokens)
    const reporter = new Reporter(call)
    const withdraw = offerReport(reporter, call.data)
    const observer = new CallObserver(call, (stay, fact) => void events.tell(stay, fact))
    void media.start()
    call.prepare(name)
    setOpened({ call, reporter })
    return () => {
      observer.close()
      withdraw()
      call.close()
    }
  }, [id, visit, services])
  return opened
}
