import { Mic, MicOff, Video as VideoIcon, VideoOff } from 'lucide-react'
import { type FormEvent, useEffect, useState } from 'react'
import type { Services } from '../app'
import type { Call } from '../call/call'
import { api, type LookedMeeting } from '../protocol/api'
import { CodedError } from '../protocol/errors'
import { refusalWords } from '../state/words'
import { DeviceHelp } from '../ui/DeviceHelp'
import { DevicePickers } from '../ui/DevicePickers'
import { LevelMeter } from '../ui/LevelMeter'
import { Logo } from '../ui/Logo'
import { Message } from '../ui/Message'
import { Preview } from '../ui/Preview'
import { SignInInstead } from '../ui/SignInInstead'
import { ThemeToggle } from '../ui/ThemeToggle'
import { useStore } from '../ui/useStore'
import { WaitingCard } from '../ui/WaitingCard'

/** The room before the room: see yourself, choose devices, say who you are, join. */
export function GreenRoom({ call, services }: { call: Call; services: Services }) {
  const { refusal, phase, lobby } = useStore(call.state)
  const looked = useMeeting(call.meetingId, services)
  const problem = refusal ?? looked.problem
  const words = problem && refusalWords(problem)
  useEffect(() => {
    document.title = looked.meeting ? `${looked.meeting.title} · Folkmoot` : 'Join a meeting · Folkmoot'
  }, [looked.meeting])
  if (words?.kind === 'screen') {
    return (
      <Message title={words.title} text={words.text} testId={`refused-${problem?.code}`}>
        <button type="button" className="button primary" onClick={() => services.navigation.go('/')}>
          Go to the start
        </button>
        {problem?.code === 'ACCESS_DENIED' && <SignInInstead services={services} meetingId={call.meetingId} />}
        <button type="button" className="button" onClick={() => location.reload()}>
          Try again
        </button>
      </Message>
    )
  }
  return (
    <div className="greenroom">
      <header className="page-header">
        <Logo withName />
        <ThemeToggle preferences={services.preferences} />
      </header>
      <main className="greenroom-main">
        <DeviceCheck call={call} services={services} />
        <section className="greenroom-side" aria-labelledby="join-title">
          <h1 id="join-title">{looked.meeting?.title ?? 'Ready to join?'}</h1>
          {phase === 'waiting' && lobby ? (
            <WaitingCard call={call} lobby={lobby} />
          ) : (
            <JoinForm call={call} services={services} problem={problem} asks={asksFirst(looked.meeting)} />
          )}
        </section>
      </main>
    </div>
  )
}

function DeviceCheck({ call, services }: { call: Call; services: Services }) {
  const { media } = call
  const { preferences } = services
  const microphone = useStore(media.microphone.state)
  const camera = useStore(media.camera.state)
  const { name } = useStore(preferences)
  const [read] = useState(() => () => media.level())
  return (
    <section className="device-check" aria-label="Camera and microphone">
      <Preview track={camera.track} on={camera.on} name={name}>
        <button
          type="button"
          className={microphone.on ? 'round' : 'round off'}
          data-testid="mic-toggle"
          aria-pressed={microphone.on}
          aria-label={microphone.on ? 'Turn the microphone off' : 'Turn the microphone on'}
          onClick={() => {
            preferences.patch({ microphoneOn: !microphone.on })
            void media.microphone.set(!microphone.on)
          }}
        >
          {microphone.on ? <Mic size={22} /> : <MicOff size={22} />}
        </button>
        <button
          type="button"
          className={camera.on ? 'round' : 'round off'}
          data-testid="camera-toggle"
          aria-pressed={camera.on}
          aria-label={camera.on ? 'Turn the camera off' : 'Turn the camera on'}
          onClick={() => {
            preferences.patch({ cameraOn: !camera.on })
            void media.camera.set(!camera.on)
          }}
        >
          {camera.on ? <VideoIcon size={22} /> : <VideoOff size={22} />}
        </button>
      </Preview>
      <div className="meter-row">
        <Mic size={16} aria-hidden="true" />
        <LevelMeter read={read} label="Microphone level" />
        <span className="hint">{microphone.on ? 'Say something: the bars should move' : 'Your microphone is off'}</span>
      </div>
      {microphone.problem && <DeviceHelp device="microphone" problem={microphone.problem} />}
      {camera.problem && <DeviceHelp device="camera" problem={camera.problem} />}
      <DevicePickers media={media} preferences={preferences} />
    </section>
  )
}

interface JoinFormProps {
  readonly call: Call
  readonly services: Services
  readonly problem: CodedError | undefined
  readonly asks: boolean
}

function JoinForm({ call, services, problem, asks }: JoinFormProps) {
  const { phase } = useStore(call.state)
  const { name } = useStore(services.preferences)
  const [password, setPassword] = useState('')
  const words = problem && refusalWords(problem)
  const asksPassword = words?.kind === 'password'
  const joining = phase === 'joining'
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const displayName = name.trim() || 'Guest'
    void call.join(password === '' ? { displayName } : { displayName, password })
  }
  return (
    <form onSubmit={submit} className="join-card">
      <label className="field">
        <span>Your name</span>
        <input
          data-testid="prejoin-name"
          value={name}
          maxLength={60}
          autoComplete="name"
          placeholder="How others will see you"
          onChange={(event) => services.preferences.patch({ name: event.target.value })}
        />
      </label>
      {asksPassword && (
        <label className="field">
          <span>Password</span>
          <input
            data-testid="prejoin-password"
            type="password"
            value={password}
            autoComplete="off"
            onChange={(event) => setPassword(event.target.value)}
          />
        </label>
      )}
      {words && (
        <div className="notice-card" role="alert" data-testid="join-problem" data-code={problem?.code}>
          <div>
            <strong>{words.title}</strong>
            <p>{words.text}</p>
          </div>
        </div>
      )}
      <button type="submit" className="button primary wide large" data-testid="join-button" disabled={joining}>
        {joinWords(joining, asks)}
      </button>
    </form>
  )
}

/** Whoever hosts the meeting does not have to ask. */
function asksFirst(meeting: LookedMeeting | undefined): boolean {
  return meeting?.lobby === true && !meeting.hosted_by_you
}

function joinWords(joining: boolean, asks: boolean): string {
  if (asks) return joining ? 'Asking…' : 'Ask to join'
  return joining ? 'Joining…' : 'Join'
}

interface Looked {
  readonly meeting?: LookedMeeting
  readonly problem?: CodedError
}

/** Asks about the meeting ahead, so that a wrong link is told before anybody dresses up for the camera. */
function useMeeting(id: string, services: Services): Looked {
  const [looked, setLooked] = useState<Looked>({})
  useEffect(() => {
    let current = true
    const look = async () => api.meeting(id, await services.tokens.present(id).catch(() => undefined))
    look().then(
      (meeting) => current && setLooked({ meeting }),
      (error: unknown) => {
        // Only that it does not exist is final here; everything else the join itself will tell.
        if (current && error instanceof CodedError && error.code === 'NOT_FOUND') setLooked({ problem: error })
      },
    )
    return () => {
      current = false
    }
  }, [id, services])
  return looked
}
