import { Download } from 'lucide-react'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { Call } from '../call/call'
import type { ChatMessageView } from '../protocol/messages'
import type { Pending } from '../state/chat'
import { chatText } from '../state/chat-export'
import { allowedTo, personOfId } from '../state/rules'
import { ChatComposer } from './ChatComposer'
import { ChatMessage } from './ChatMessage'
import { download } from './download'
import { MessageText } from './MessageText'
import { useStore } from './useStore'

/** Messages of one person within this time stand under one name. */
const TOGETHER_MS = 3 * 60_000
const AT_END_PX = 40

export function ChatPanel({ call }: { call: Call }) {
  const { roster, me } = useStore(call.state)
  const chat = useStore(call.chat.state)
  const person = personOfId(roster, me)
  const allowed = allowedTo(person, roster.rules)
  useEffect(() => {
    call.chat.setOpen(true)
    return () => call.chat.setOpen(false)
  }, [call])
  const { list, below, toEnd } = useEnd(chat.messages.length + chat.pending.length, chat.messages[0]?.message_id)
  const byId = new Map(chat.messages.map((message) => [message.message_id, message]))
  return (
    <div className="chat">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <div className="chat-scroll" ref={list} role="log" aria-label="Messages" tabIndex={0}>
        {chat.more && (
          <button
            type="button"
            className="link-button chat-older"
            data-testid="chat-older"
            onClick={() => void call.chat.loadOlder()}
          >
            Earlier messages
          </button>
        )}
        {chat.messages.length + chat.pending.length === 0 && (
          <p className="quiet-text chat-empty">
            Nothing has been said yet. Everybody in the meeting can read this chat.
          </p>
        )}
        {chat.messages.length > 0 && <SaveChat call={call} />}
        <ol className="chat-list" data-testid="chat-messages">
          {chat.messages.map((message, index) => (
            <ChatMessage
              key={message.message_id}
              call={call}
              message={message}
              continued={belongTogether(chat.messages[index - 1], message)}
              mine={message.user_id === person?.userId}
              mayWrite={allowed.chat}
              mayDelete={allowed.host}
              answered={byId.get(message.reply_to ?? '')}
            />
          ))}
          {chat.pending.map((pending) => (
            <PendingMessage key={pending.nonce} call={call} pending={pending} />
          ))}
        </ol>
      </div>
      {below && (
        <button type="button" className="chat-to-end" data-testid="chat-to-end" onClick={toEnd}>
          New messages
        </button>
      )}
      {allowed.chat ? (
        <ChatComposer call={call} />
      ) : (
        <p className="chat-off" data-testid="chat-off">
          A host has switched writing off. You can still read.
        </p>
      )}
    </div>
  )
}

/** What was written, with what came before it, as a text file. */
function SaveChat({ call }: { call: Call }) {
  const save = async () => {
    const { meeting } = call.state.get()
    const text = chatText(meeting?.title ?? '', await call.chat.all())
    download(`${call.meetingId}-chat.txt`, new Blob([text], { type: 'text/plain;charset=utf-8' }))
  }
  return (
    <button type="button" className="link-button chat-save" data-testid="chat-save" onClick={() => void save()}>
      <Download size={14} aria-hidden="true" /> Save the chat
    </button>
  )
}

function PendingMessage({ call, pending }: { call: Call; pending: Pending }) {
  const { nonce, draft, failed } = pending
  return (
    <li className="chat-message pending" data-testid="chat-pending">
      <div className="chat-bubble">
        {draft.text !== '' && <MessageText text={draft.text} />}
        {draft.file && <bdi className="chat-file">{draft.file.name}</bdi>}
      </div>
      {failed ? (
        <small className="chat-failed">
          Not sent.{' '}
          <button type="button" className="link-button" onClick={() => call.chat.retry(nonce)}>
            Try again
          </button>{' '}
          <button type="button" className="link-button" onClick={() => call.chat.giveUp(nonce)}>
            Discard
          </button>
        </small>
      ) : (
        <small className="quiet-text late">Sending…</small>
      )}
    </li>
  )
}

/** Stays at the end while one is there, and where one is when one has scrolled back or loads what came before. */
function useEnd(count: number, first: string | undefined) {
  const list = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)
  const before = useRef<{ first: string | undefined; height: number; count: number }>({ first, height: 0, count })
  const [below, setBelow] = useState(false)
  const toEnd = () => list.current?.scrollTo({ top: list.current.scrollHeight })
  useLayoutEffect(() => {
    const element = list.current
    if (!element) return
    const grown = element.scrollHeight - before.current.height
    const moreCame = count > before.current.count
    if (atEnd.current) element.scrollTop = element.scrollHeight
    else if (first !== before.current.first) element.scrollTop += grown
    else if (moreCame) setBelow(true)
    before.current = { first, height: element.scrollHeight, count }
  }, [count, first])
  useEffect(() => {
    const element = list.current
    if (!element) return
    const onScroll = () => {
      atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < AT_END_PX
      if (atEnd.current) setBelow(false)
    }
    element.addEventListener('scroll', onScroll, { passive: true })
    return () => element.removeEventListener('scroll', onScroll)
  }, [])
  return { list, below, toEnd }
}

function belongTogether(before: ChatMessageView | undefined, message: ChatMessageView): boolean {
  if (!before || before.type === 'System' || message.type === 'System') return false
  const near = Date.parse(message.sent_at) - Date.parse(before.sent_at) < TOGETHER_MS
  return near && before.user_id === message.user_id && before.to_user_id === message.to_user_id
}
