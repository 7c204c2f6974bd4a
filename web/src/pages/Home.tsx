import { ArrowRight, Video } from 'lucide-react'
import { type FormEvent, useEffect, useState } from 'react'
import type { Services } from '../app'
import { api, type ServerConfig } from '../protocol/api'
import { CodedError } from '../protocol/errors'
import { meetingPath } from '../route'
import { meetingIdIn } from '../state/names'
import { creationWords } from '../state/words'
import { Logo } from '../ui/Logo'
import { MeetingOptions, settingsOf, usualOptions } from '../ui/MeetingOptions'
import { ThemeToggle } from '../ui/ThemeToggle'
import { useStore } from '../ui/useStore'

const LONGEST_NAME = 60

export function Home({ services }: { services: Services }) {
  const { name } = useStore(services.preferences)
  const config = useConfig()
  useEffect(() => {
    document.title = 'Folkmoot'
  }, [])
  return (
    <div className="home">
      <header className="page-header">
        <Logo withName />
        <ThemeToggle preferences={services.preferences} />
      </header>
      <main className="home-main">
        <div className="home-card">
          <h1>Meet face to face</h1>
          <p className="lead">
            Start a meeting and share its link, or join one you were invited to. Nothing to install.
          </p>
          <label className="field">
            <span>Your name</span>
            <input
              data-testid="home-name"
              value={name}
              maxLength={LONGEST_NAME}
              autoComplete="name"
              placeholder="How others will see you"
              onChange={(event) => services.preferences.patch({ name: event.target.value })}
            />
          </label>
          <NewMeeting services={services} allowed={config?.guests_create !== false} />
          <div className="divider">
            <span>or</span>
          </div>
          <JoinByCode onJoin={(id) => services.navigation.go(meetingPath(id))} />
        </div>
      </main>
    </div>
  )
}

function NewMeeting({ services, allowed }: { services: Services; allowed: boolean }) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  const [options, setOptions] = useState(usualOptions)
  const create = async () => {
    const name = services.preferences.get().name.trim()
    setBusy(true)
    setProblem(undefined)
    try {
      const token = await api.guestToken(name || 'Host')
      const title = name ? `${name}'s meeting` : 'Meeting'
      const meeting = await api.createMeeting(token, { title, ...settingsOf(options) })
      services.tokens.keep(meeting.id, token)
      services.navigation.go(meetingPath(meeting.id))
    } catch (error) {
      setProblem(error instanceof CodedError ? creationWords(error) : 'The meeting could not be started.')
      setBusy(false)
    }
  }
  if (!allowed) {
    return (
      <p className="hint">On this server only people with an account can start meetings. You can still join one.</p>
    )
  }
  return (
    <>
      <button
        type="button"
        className="button primary wide"
        data-testid="new-meeting"
        disabled={busy}
        onClick={() => void create()}
      >
        <Video size={18} aria-hidden="true" />
        {busy ? 'Starting…' : 'New meeting'}
      </button>
      <MeetingOptions options={options} onChange={setOptions} />
      {problem && (
        <p className="field-problem" role="alert" data-testid="home-problem">
          {problem}
        </p>
      )}
    </>
  )
}

function JoinByCode({ onJoin }: { onJoin: (id: string) => void }) {
  const [text, setText] = useState('')
  const [wrong, setWrong] = useState(false)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const id = meetingIdIn(text)
    if (id === undefined) setWrong(true)
    else onJoin(id)
  }
  return (
    <form className="join-form" onSubmit={submit} noValidate>
      <label className="field">
        <span>Code or link</span>
        <input
          data-testid="join-code"
          value={text}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          placeholder="Paste what you were sent"
          aria-invalid={wrong}
          aria-describedby={wrong ? 'join-problem' : undefined}
          onChange={(event) => {
            setText(event.target.value)
            setWrong(false)
          }}
        />
      </label>
      <button type="submit" className="button" data-testid="join-by-code" disabled={text.trim() === ''}>
        Join
        <ArrowRight size={18} aria-hidden="true" />
      </button>
      {wrong && (
        <p className="field-problem" id="join-problem" role="alert">
          That is neither a meeting code nor a meeting link.
        </p>
      )}
    </form>
  )
}

/** What this server allows; undefined while unknown, which is taken for yes: the server says no itself when asked. */
function useConfig(): ServerConfig | undefined {
  const [config, setConfig] = useState<ServerConfig>()
  useEffect(() => {
    let current = true
    api.config().then(
      (loaded) => current && setConfig(loaded),
      () => undefined,
    )
    return () => {
      current = false
    }
  }, [])
  return config
}
