import { useEffect } from 'react'
import type { Services } from '../app'
import { pastPath } from '../route'
import type { Ending } from '../state/call-state'
import { canRejoin, endingWords } from '../state/words'
import { Message } from '../ui/Message'

interface EndedProps {
  readonly ending: Ending
  readonly services: Services
  /** What the record calls it, where somebody may be asked for it. */
  readonly reportId: string | undefined
  /** The meeting, for whoever may look back at it. */
  readonly past: string | undefined
  readonly onAgain: () => void
}

export function Ended({ ending, reportId, services, past, onAgain }: EndedProps) {
  const { title, text } = endingWords(ending)
  useEffect(() => {
    document.title = `${title} · Folkmoot`
  }, [title])
  return (
    <Message title={title} text={text} testId={`ended-${ending}`}>
      {ending === 'media' && reportId !== undefined && (
        <p className="report-id">
          If you ask for help, pass this on: <code data-testid="report-id">{reportId}</code>
        </p>
      )}
      {canRejoin(ending) && (
        <button type="button" className="button primary" data-testid="rejoin" onClick={onAgain}>
          Join again
        </button>
      )}
      {past !== undefined && (
        <button
          type="button"
          className="button"
          data-testid="look-back"
          onClick={() => services.navigation.go(pastPath(past))}
        >
          Look back at it
        </button>
      )}
      <button type="button" className="button" data-testid="go-home" onClick={() => services.navigation.go('/')}>
        Go to the start
      </button>
    </Message>
  )
}
