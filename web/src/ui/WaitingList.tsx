import { Ban, Check, X } from 'lucide-react'
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
          <Waiting key={person.waiting_id} call={call} person={person} />
        ))}
      </ul>
      <MessageToWaiting call={call} waiting={waiting} />
    </section>
  )
}

function Waiting({ call: { hosting }, person }: { call: Call; person: WaitingView }) {
  const [sure, setSure] = useState(false)
  const { waiting_id: id, display_name: name } = person
  const blocking = `Do not let ${name} in, now or later`
  return (
    <li className="person" data-name={name}>
      <Avatar name={name} small />
      <span className="person-name">{name}</span>
      <button
        type="button"
        className={`icon-button deny ${sure ? 'grave' : ''}`}
        data-testid="deny-block"
        aria-label={sure ? `${blocking}: press again` : blocking}
        title={sure ? 'Press again to block' : 'Block'}
        onBlur={() => setSure(false)}
        onClick={() => (sure ? void hosting.deny(id, true) : setSure(true))}
      >
        <Ban size={18} aria-hidden="true" />
      </button>
      <button
        type="button"
        className="icon-button deny"
        data-testid="deny"
        aria-label={`Do not let ${name} in`}
        onClick={() => void hosting.deny(id)}
      >
        <X size={18} aria-hidden="true" />
      </button>
      <button
        type="button"
        className="icon-button admit"
        data-testid="admit"
        aria-label={`Let ${name} in`}
        onClick={() => void hosting.admit(id)}
      >
        <Check size={18} aria-hidden="true" />
      </button>
    </li>
  )
}

/** To one of them, or to all. Whoever was chosen and is gone is not written to, nor is anybody else instead. */
function MessageToWaiting({ call, waiting }: { call: Call; waiting: readonly WaitingView[] }) {
  const [to, setTo] = useState('')
  const [text, setText] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (text.trim() === '') return
    void call.hosting.tellWaiting(text.trim(), to === '' ? undefined : to)
    setText('')
    setTo('')
  }
  return (
    <form className="waiting-message" onSubmit={submit}>
      {(waiting.length > 1 || to !== '') && (
        <select
          aria-label="To whom"
          data-testid="waiting-to"
          value={to}
          onChange={(event) => setTo(event.target.value)}
        >
          <option value="">To all of them</option>
          {waiting.map((person) => (
            <option key={person.waiting_id} value={person.waiting_id}>
              To {person.display_name}
            </option>
          ))}
          {to !== '' && !waiting.some((person) => person.waiting_id === to) && (
            <option value={to}>To somebody who has gone</option>
          )}
        </select>
      )}
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
