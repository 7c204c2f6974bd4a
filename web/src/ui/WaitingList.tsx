import { Check, X } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import type { Call } from '../call/call'
import type { WaitingView } from '../protocol/messages'
import { Avatar } from './Avatar'

const LONGEST_MESSAGE = 500

/** For hosts: who asks to be let in. */
export function WaitingList({ call, waiting }: { call: Call; waiting: readonly WaitingView[] }) {
  const { hosting } = call
  return (
    <section aria-labelledby="waiting-title" data-testid="waiting-list" className="waiting-list">
      <header className="section-header">
        <h3 id="waiting-title">Waiting to be let in ({waiting.length})</h3>
        {waiting.length > 1 && (
          <button type="button" className="link-button" data-testid="admit-all" onClick={() => void hosting.admitAll()}>
            Let all in
          </button>
        )}
      </header>
      <ul className="people">
        {waiting.map((person) => (
          <li key={person.waiting_id} className="person" data-name={person.display_name}>
            <Avatar name={person.display_name} small />
            <span className="person-name">{person.display_name}</span>
            <button
              type="button"
              className="icon-button deny"
              data-testid="deny"
              aria-label={`Do not let ${person.display_name} in`}
              onClick={() => void hosting.deny(person.waiting_id)}
            >
              <X size={18} aria-hidden="true" />
            </button>
            <button
              type="button"
              className="icon-button admit"
              data-testid="admit"
              aria-label={`Let ${person.display_name} in`}
              onClick={() => void hosting.admit(person.waiting_id)}
            >
              <Check size={18} aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
      <MessageToWaiting call={call} />
    </section>
  )
}

function MessageToWaiting({ call }: { call: Call }) {
  const [text, setText] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (text.trim() === '') return
    void call.hosting.tellWaiting(text.trim())
    setText('')
  }
  return (
    <form className="waiting-message" onSubmit={submit}>
      <label className="field">
        <span className="visually-hidden">Message to those who wait</span>
        <input
          data-testid="waiting-message"
          value={text}
          maxLength={LONGEST_MESSAGE}
          placeholder="Tell them something"
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <button type="submit" className="button" data-testid="send-waiting-message" disabled={text.trim() === ''}>
        Send
      </button>
    </form>
  )
}
