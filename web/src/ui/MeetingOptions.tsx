import type { NewMeeting } from '../protocol/api'
import type { Features } from '../protocol/messages'
import { Switch } from './HostControls'

export interface Options {
  readonly lobby: boolean
  readonly password: string
  readonly features: Features
}

export const usualOptions: Options = {
  lobby: false,
  password: '',
  features: { chat: true, screen_share: true, reactions: true, unmute: true, start_video: true },
}

/** What the server is told of them: nothing that is as usual. */
export function settingsOf({ lobby, password, features }: Options): Omit<NewMeeting, 'title'> {
  const off = Object.entries(features).filter(([, on]) => !on)
  return {
    ...(lobby ? { lobby } : {}),
    ...(password === '' ? {} : { password }),
    ...(off.length === 0 ? {} : { features: Object.fromEntries(off) }),
  }
}

/** What a new meeting is like, for those who care before it begins; hosts can change all but the password in it. */
export function MeetingOptions({ options, onChange }: { options: Options; onChange: (options: Options) => void }) {
  const { features } = options
  const feature = (name: keyof Features) => ({
    testId: `new-${name}`,
    on: features[name],
    onChange: (on: boolean) => onChange({ ...options, features: { ...features, [name]: on } }),
  })
  return (
    <details className="meeting-options">
      <summary data-testid="meeting-options">Options</summary>
      <Switch
        label="Lobby"
        hint="You let each person in"
        testId="new-lobby"
        on={options.lobby}
        onChange={(lobby) => onChange({ ...options, lobby })}
      />
      <label className="field">
        <span>Password</span>
        <input
          data-testid="new-password"
          value={options.password}
          maxLength={128}
          autoComplete="off"
          placeholder="None"
          onChange={(event) => onChange({ ...options, password: event.target.value })}
        />
      </label>
      <Switch label="Everybody may chat" {...feature('chat')} />
      <Switch label="Everybody may share a screen" {...feature('screen_share')} />
      <Switch label="Everybody may unmute themselves" {...feature('unmute')} />
    </details>
  )
}
