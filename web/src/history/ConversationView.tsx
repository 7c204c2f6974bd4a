import { Lock } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { MeetingRecord } from '../pages/PastMeeting'
import { historyApi, type PollRecord, type WrittenMessage } from '../protocol/history'
import { historyProblem } from '../state/history-words'
import { Clock } from '../ui/ChatMessage'
import { MessageText } from '../ui/MessageText'
import { codedOf, useAsked } from './useAsked'

/** What was written, as far as it was for us, and what was asked and answered. */
export function ConversationView({ record }: { record: MeetingRecord }) {
  return (
    <div className="conversation">
      <section aria-labelledby="written-title">
        <h2 id="written-title">Chat</h2>
        <Written record={record} />
      </section>
      <section aria-labelledby="asked-title">
        <h2 id="asked-title">Polls</h2>
        <AskedPolls record={record} />
      </section>
    </div>
  )
}

function Written({ record }: { record: MeetingRecord }) {
  const [before, setBefore] = useState<number>()
  const [messages, setMessages] = useState<readonly WrittenMessage[]>()
  const [next, setNext] = useState<number | null>(null)
  const [problem, setProblem] = useState<string>()
  useEffect(() => {
    let current = true
    const ask = async () => {
      const page = await historyApi.chat(await record.token(), record.meeting.id, before)
      if (!current) return
      setMessages((later) => (before === undefined ? page.items : [...page.items, ...(later ?? [])]))
      setNext(page.next_before)
    }
    ask().catch((error: unknown) => current && setProblem(historyProblem(codedOf(error))))
    return () => {
      current = false
    }
  }, [record, before])
  if (problem !== undefined) return <p className="field-problem">{problem}</p>
  if (messages === undefined) return <p className="hint">Looking…</p>
  if (messages.length === 0) return <p className="hint">Nothing was written.</p>
  return (
    <>
      {next !== null && (
        <button type="button" className="link-button" data-testid="written-more" onClick={() => setBefore(next)}>
          Earlier messages
        </button>
      )}
      <ol className="chat-list" data-testid="written">
        {messages.map((message) => (
          <Message key={message.message_id} message={message} />
        ))}
      </ol>
    </>
  )
}

function Message({ message }: { message: WrittenMessage }) {
  if (message.type === 'System') {
    return (
      <li className="chat-note">
        <bdi>{message.text}</bdi> <Clock at={message.sent_at} />
      </li>
    )
  }
  return (
    <li className="chat-message">
      <header>
        <bdi className="chat-author">{message.display_name}</bdi>
        <Clock at={message.sent_at} />
      </header>
      {message.to_user_id !== null && (
        <small className="chat-private">
          <Lock size={12} aria-hidden="true" /> Only to <bdi>{message.to_name}</bdi>
        </small>
      )}
      {message.deleted ? (
        <p className="message-text quiet-text">This message was deleted</p>
      ) : (
        <MessageText text={message.file?.name ?? message.text} />
      )}
    </li>
  )
}

function AskedPolls({ record }: { record: MeetingRecord }) {
  const asked = useAsked(record.meeting.id, async () => historyApi.polls(await record.token(), record.meeting.id))
  if (asked.status === 'asking') return <p className="hint">Looking…</p>
  if (asked.status === 'refused') return <p className="field-problem">{historyProblem(asked.error)}</p>
  if (asked.value.length === 0) return <p className="hint">Nothing was asked.</p>
  return (
    <ul className="polls" data-testid="asked-polls">
      {asked.value.map((each) => (
        <Poll key={each.poll.poll_id} asked={each} />
      ))}
    </ul>
  )
}

function Poll({ asked: { poll, votes, counts, average, words } }: { asked: PollRecord }) {
  const choices = poll.steps === null ? poll.options : Array.from({ length: poll.steps }, (_, at) => String(at + 1))
  return (
    <li className="poll">
      <header>
        <h4 dir="auto">{poll.question}</h4>
        <small className="quiet-text">
          <bdi>{poll.display_name}</bdi>
          {poll.anonymous && ' · anonymous'} · {votes === 1 ? '1 answer' : `${votes} answers`}
          {average !== null && ` · ${average} on average`}
        </small>
      </header>
      {counts !== null && choices.length > 0 && (
        <ul className="poll-choices">
          {choices.map((text, place) => (
            <Result key={text} text={text} count={counts[place] ?? 0} votes={votes} />
          ))}
        </ul>
      )}
      {words.length > 0 && (
        <ul className="poll-answers">
          {words.map((text, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: an answer has no other name than its place
            <li key={place} dir="auto">
              {text}
            </li>
          ))}
        </ul>
      )}
    </li>
  )
}

function Result({ text, count, votes }: { text: string; count: number; votes: number }) {
  const share = votes === 0 ? 0 : Math.round((count / votes) * 100)
  return (
    <li className="poll-choice shown">
      <span className="poll-bar" style={{ inlineSize: `${share}%` }} aria-hidden="true" />
      <span className="poll-choice-text" dir="auto">
        {text}
      </span>
      <span className="poll-count">
        {count} · {share} %
      </span>
    </li>
  )
}
