import { useEffect, useState } from 'react'
import type { Call } from '../call/call'
import { allowedTo, personOfId } from '../state/rules'
import { PollCard } from './PollCard'
import { PollForm } from './PollForm'
import { useStore } from './useStore'

export function PollsPanel({ call }: { call: Call }) {
  const { roster, me } = useStore(call.state)
  const { polls } = useStore(call.polls.state)
  const [asking, setAsking] = useState(false)
  const person = personOfId(roster, me)
  const allowed = allowedTo(person, roster.rules)
  useEffect(() => {
    call.polls.setOpen(true)
    return () => call.polls.setOpen(false)
  }, [call])
  return (
    <>
      {allowed.poll && !asking && (
        <button
          type="button"
          className="button primary poll-new"
          data-testid="poll-new"
          onClick={() => setAsking(true)}
        >
          New poll
        </button>
      )}
      {asking && allowed.poll && (
        <PollForm onAsk={(draft) => call.polls.create(draft)} onCancel={() => setAsking(false)} />
      )}
      {polls.length === 0 && !asking && (
        <p className="quiet-text chat-empty">
          {allowed.poll ? 'Ask everybody something: answers come in at once.' : 'Nothing has been asked yet.'}
        </p>
      )}
      <ul className="polls" aria-live="polite">
        {polls.map((poll) => (
          <PollCard
            key={poll.poll_id}
            polls={call.polls}
            poll={poll}
            managing={allowed.host || poll.user_id === person?.userId}
          />
        ))}
      </ul>
    </>
  )
}
