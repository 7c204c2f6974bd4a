import { FileText, Lock, Pencil, Reply, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { Call } from '../call/call'
import type { ChatMessageView } from '../protocol/messages'
import { briefly, isSafeAddress } from '../state/chat'
import { MessageText } from './MessageText'

interface ChatMessageProps {
  readonly call: Call
  readonly message: ChatMessageView
  /** The same person wrote the one above, a moment before. */
  readonly continued: boolean
  readonly mine: boolean
  readonly mayWrite: boolean
  readonly mayDelete: boolean
  readonly answered: ChatMessageView | undefined
}

export function ChatMessage(props: ChatMessageProps) {
  const { message, continued, mine, answered } = props
  if (message.type === 'System') {
    return (
      <li className="chat-note" data-testid="chat-note">
        <bdi>{message.text}</bdi> <Clock at={message.sent_at} />
      </li>
    )
  }
  return (
    <li className={`chat-message ${continued ? 'continued' : ''}`} data-testid="chat-message">
      {!continued && (
        <header>
          <bdi className="chat-author">{mine ? 'You' : message.display_name}</bdi>
          <Clock at={message.sent_at} />
        </header>
      )}
      {message.to_user_id != null && <PrivateMark message={message} mine={mine} />}
      {message.reply_to != null && (
        <blockquote className="chat-quote" data-testid="chat-quote">
          {answered ? (
            <>
              <bdi>{answered.display_name}</bdi> <span dir="auto">{briefly(answered)}</span>
            </>
          ) : (
            'An earlier message'
          )}
        </blockquote>
      )}
      <div className="chat-bubble">
        <Content message={message} />
        {!message.deleted && <MessageActions {...props} />}
      </div>
    </li>
  )
}

function Content({ message }: { message: ChatMessageView }) {
  if (message.deleted) return <p className="message-text quiet-text">This message was deleted</p>
  return (
    <>
      {message.type === 'Emoji' ? (
        <p className="message-text emoji">{message.text}</p>
      ) : (
        message.text !== '' && <MessageText text={message.text} />
      )}
      {message.file && isSafeAddress(message.file.url) && (
        <a className="chat-file" href={message.file.url} target="_blank" rel="noopener noreferrer nofollow">
          <FileText size={18} aria-hidden="true" />
          <bdi>{message.file.name}</bdi>
          {message.file.size != null && <small>{sizeOf(message.file.size)}</small>}
        </a>
      )}
      {message.edited_at != null && <small className="quiet-text">edited</small>}
    </>
  )
}

function PrivateMark({ message, mine }: { message: ChatMessageView; mine: boolean }) {
  return (
    <small className="chat-private" data-testid="chat-private">
      <Lock size={12} aria-hidden="true" /> {mine ? <>Only to {<bdi>{message.to_name}</bdi>}</> : 'Only to you'}
    </small>
  )
}

function MessageActions({ call, message, mine, mayWrite, mayDelete }: ChatMessageProps) {
  const [sure, setSure] = useState(false)
  return (
    <span className="chat-actions">
      {mayWrite && (
        <button
          type="button"
          aria-label="Reply"
          title="Reply"
          data-testid="chat-reply"
          onClick={() => call.chat.reply(message)}
        >
          <Reply size={15} aria-hidden="true" />
        </button>
      )}
      {mine && mayWrite && (
        <button
          type="button"
          aria-label="Edit"
          title="Edit"
          data-testid="chat-edit"
          onClick={() => call.chat.edit(message)}
        >
          <Pencil size={15} aria-hidden="true" />
        </button>
      )}
      {(mine || mayDelete) && (
        <button
          type="button"
          className={sure ? 'grave' : ''}
          aria-label={sure ? 'Delete: press again' : 'Delete'}
          title={sure ? 'Press again to delete' : 'Delete'}
          data-testid="chat-delete"
          onBlur={() => setSure(false)}
          onClick={() => (sure ? void call.chat.delete(message) : setSure(true))}
        >
          <Trash2 size={15} aria-hidden="true" />
        </button>
      )}
    </span>
  )
}

export function Clock({ at }: { at: string }) {
  const moment = new Date(at)
  return (
    <time dateTime={at} title={moment.toLocaleString()}>
      {moment.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}
    </time>
  )
}

const units = ['B', 'kB', 'MB', 'GB'] as const

function sizeOf(bytes: number): string {
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return `${(bytes / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step]}`
}
