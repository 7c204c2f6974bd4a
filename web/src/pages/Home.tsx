import { ArrowRight, History as HistoryIcon, Video } from 'lucide-react'
import { type FormEvent, useEffect, useState } from 'react'
import type { Services } from '../app'
import { api, type ServerConfig } from '../protocol/api'
import { CodedError } from '../protocol/errors'
import { meetingPath } from '../route'
import { meetingIdIn } from '../state/names'
import { creationWords } from '../state/words'
import { AccountDialog, type AccountTask } from '../ui/AccountDialog'
import { AccountMenu } from '../ui/AccountMenu'
import { Logo } from '../ui/Logo'
import { MeetingOptions, settingsOf, usualOptions } from '../ui/MeetingOptions'
import { ThemeToggle } from '../ui/ThemeToggle'
import { useStore } from '../ui/useStore'

const LONGEST_NAME = 60

export function Home({ services }: { services: Services }) {
  const { name } = useStore(services.preferences)
  const account = useStore(services.account)
  const config = useConfig()
  const [task, setTask] = useState<AccountTask>()
  useEffect(() => {
    document.title = 'Folkmoot'
  }, [])
  const ownName = account.status === 'signed-in' ? account.user.display_name : undefined
  useEffect(() => {
    if (ownName && !services.preferences.get().name) services.preferences.patch({ name: ownName })
  }, [ownName, services])
  return (
    <div className="home">
      <header className="page-header">
        <Logo withName />
        <div className="header-side">
          {account.status === 'signed-in' && <PastLink services={services} />}
          <AccountMenu account={services.account} onTask={setTask} />
          <ThemeToggle preferences={services.preferences} />
        </div>
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
          {account.status !== 'guest' || config?.guests_create !== false ? (
            <NewMeeting services={services} />
          ) : (
            <AccountNeeded open={config.signup} onTask={setTask} />
          )}
          <div className="divider">
            <span>or</span>
          </div>
          <JoinByCode onJoin={(id) => services.navigation.go(meetingPath(id))} />
        </div>
      </main>
      {task && (
        <AccountDialog
          account={services.account}
          task={task}
          name={name}
          open={config?.signup !== false}
          onTask={setTask}
          onClose={() => setTask(undefined)}
        />
      )}
    </div>
  )
}

function PastLink({ services }: { services: Services }) {
  return (
    <button
      type="button"
      className="button quiet"
      data-testid="open-history"
      onClick={() => services.navigation.go('/history')}
    >
      <HistoryIcon size={18} aria-hidden="true" />
      Past meetings
    </button>
  )
}

/** Where guests may not start meetings. */
function AccountNeeded({ open, onTask }: { open: boolean; onTask: (task: AccountTask) => void }) {
  return (
    <>
      <button
        type="button"
        className="button primary wide"
        data-testid="sign-in-to-start"
        onClick={() => onTask('sign-in')}
      >
        <Video size={18} aria-hidden="true" />
        Sign in to start a meeting
      </button>
      {open && (
        <p className="account-other flush">
          New here?{' '}
          <button type="button" className="link" data-testid="home-sign-up" onClick={() => onTask('sign-up')}>
            Create an account
          </button>
        </p>
      )}
    </>
  )
}

function NewMeeting({ services }: { services: Services }) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  const [options, setOptions] = useState(usualOptions)
  const create = async () => {
    const name = services.preferences.get().name.trim()
    setBusy(true)
    setProblem(undefined)
    try {
      const own = await services.account.token()
      const token = own ?? (await api.guestToken(name || 'Host'))
      const title = name ? `${name}'s meeting` : 'Meeting'
      const meeting = await api.createMeeting(token, { title, ...settingsOf(options) })
      if (own === undefined) services.tokens.keep(meeting.id, token)
      services.navigation.go(meetingPath(meeting.id))
    } catch (error) {
      setProblem(error instanceof CodedError ? creationWords(error) : 'The meeting could not be started.')
      setBusy(false)
    }
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
