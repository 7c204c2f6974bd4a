import { useEffect } from 'react'
import type { Services } from '../app'
import type { Ending } from '../state/call-state'
import { canRejoin, endingWords } from '../state/words'
import { Message } from '../ui/Message'

export function Ended({ ending, services, onAgain }: { ending: Ending; services: Services; onAgain: () => void }) {
  const { title, text } = endingWords(ending)
  useEffect(() => {
    document.title = `${title} · Folkmoot`
  }, [title])
  return (
    <Message title={title} text={text} testId={`ended-${ending}`}>
      {canRejoin(ending) && (
        <button type="button" className="button primary" data-testid="rejoin" onClick={onAgain}>
          Join again
        </button>
      )}
      <button type="button" className="button" data-testid="go-home" onClick={() => services.navigation.go('/')}>
        Go to the start
      </button>
    </Message>
  )
}
