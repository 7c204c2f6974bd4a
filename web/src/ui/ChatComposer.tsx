import { Paperclip, Pencil, Reply, SendHorizontal, X } from 'lucide-react'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import type { Call } from '../call/call'
import { briefly, type Draft } from '../state/chat'
import { personOfId } from '../state/rules'
import { ChosenFile, FileForm } from './ChatFile'
import { useStore } from './useStore'

const MOST_CHARACTERS = 4_000
const TALLEST_PX = 140

/** Where one writes, to everybody or to one person. */
export function ChatComposer({ call }: { call: Call }) {
  const draft = useStore(call.chat.draft)
  const field = useRef<HTMLTextAreaElement>(null)
  const { editing, replyTo } = draft
  const [choosing, setChoosing] = useState(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever is about to reply or edit writes next
  useEffect(() => {
    // Not from under somebody who walks through the tabs by keyboard.
    if (!document.activeElement?.matches('[role="tab"]:focus-visible')) field.current?.focus()
  }, [editing, replyTo, draft.to])
  // biome-ignore lint/correctness/useExhaustiveDependencies: as tall as its text, up to a limit
  useEffect(() => {
    if (!field.current) return
    field.current.style.height = 'auto'
    field.current.style.height = `${Math.min(TALLEST_PX, field.current.scrollHeight + 2)}px`
  }, [draft.text])
  const onKeyDown = (event: KeyboardEvent) => {
    // An input method that is composing takes Enter for itself.
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault()
      call.chat.send()
    } else if (event.key === 'Escape' && (editing || replyTo)) {
      event.stopPropagation()
      call.chat.discard()
    }
  }
  return (
    <form
      className="chat-composer"
      onSubmit={(event) => {
        event.preventDefault()
        call.chat.send()
      }}
    >
      <Context call={call} draft={draft} />
      {draft.file && <ChosenFile call={call} file={draft.file} />}
      {choosing && <FileForm call={call} onDone={() => setChoosing(false)} />}
      {!editing && <Recipient call={call} to={draft.to} />}
      <div className={`chat-field ${draft.to === undefined ? '' : 'private'}`}>
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          maxLength={MOST_CHARACTERS}
          value={draft.text}
          placeholder={draft.to === undefined ? 'Message everybody' : 'Private message'}
          aria-label="Message"
          data-testid="chat-input"
          onChange={(event) => call.chat.write({ text: event.target.value })}
          onKeyDown={onKeyDown}
        />
        {!editing && (
          <button
            type="button"
            className="icon-button"
            aria-label="A file that lies elsewhere"
            title="A file that lies elsewhere"
            aria-expanded={choosing}
            data-testid="chat-attach"
            onClick={() => setChoosing(!choosing)}
          >
            <Paperclip size={18} aria-hidden="true" />
          </button>
        )}
        <button
          type="submit"
          className="icon-button"
          aria-label={editing ? 'Save' : 'Send'}
          data-testid="chat-send"
          disabled={draft.text.trim() === '' && !draft.file}
        >
          <SendHorizontal size={18} aria-hidden="true" />
        </button>
      </div>
    </form>
  )
}

function Context({ call, draft }: { call: Call; draft: Draft }) {
  const about = draft.editing ?? draft.replyTo
  if (!about) return null
  const Icon = draft.editing ? Pencil : Reply
  return (
    <p className="chat-context" data-testid="chat-context">
      <Icon size={14} aria-hidden="true" />
      <span dir="auto">
        {draft.editing ? 'Editing: ' : <bdi>{about.display_name}: </bdi>}
        {briefly(about)}
      </span>
      <button type="button" className="icon-button" aria-label="Cancel" onClick={() => call.chat.discard()}>
        <X size={14} aria-hidden="true" />
      </button>
    </p>
  )
}

function Recipient({ call, to }: { call: Call; to: string | undefined }) {
  const { roster, me } = useStore(call.state)
  const mine = personOfId(roster, me)?.userId
  const others = roster.people.filter((person) => person.userId !== mine)
  const gone = to !== undefined && !others.some((person) => person.id === to)
  return (
    <label className="chat-recipient">
      To
      <select
        value={to ?? ''}
        data-testid="chat-to"
        onChange={(event) => call.chat.write({ to: event.target.value || undefined, replyTo: undefined })}
      >
        <option value="">Everybody</option>
        {others.map((person) => (
          <option key={person.id} value={person.id}>
            {person.name} only
          </option>
        ))}
        {gone && <option value={to}>Somebody who has left</option>}
      </select>
    </label>
  )
}
