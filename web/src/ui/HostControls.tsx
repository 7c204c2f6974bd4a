import { useState } from 'react'
import type { Call } from '../call/call'
import type { Features as FeatureSwitches } from '../protocol/messages'
import type { PreferenceStore } from '../state/preferences'
import type { Rules } from '../state/rules'
import { BlockList } from './BlockList'
import { useStore } from './useStore'

const features: readonly (readonly [keyof FeatureSwitches, string])[] = [
  ['chat', 'Chat'],
  ['screen_share', 'Share screens'],
  ['reactions', 'React'],
  ['unmute', 'Unmute themselves'],
  ['start_video', 'Turn cameras on'],
]

interface HostControlsProps {
  readonly call: Call
  readonly rules: Rules
  /** Whether they may end the meeting. */
  readonly closing: boolean
  readonly preferences: PreferenceStore
}

/** What hosts decide for the whole room. */
export function HostControls({ call, rules, closing, preferences }: HostControlsProps) {
  const { hosting } = call
  const { doorChime } = useStore(preferences)
  return (
    <section aria-labelledby="host-title" className="host-controls" data-testid="host-controls">
      <h3 id="host-title">Host controls</h3>
      <div className="host-buttons">
        <button type="button" className="button" data-testid="mute-all" onClick={() => void hosting.muteAll('audio')}>
          Mute all
        </button>
        <button type="button" className="button" data-testid="stop-all" onClick={() => void hosting.muteAll('video')}>
          Stop all cameras
        </button>
      </div>
      <Switch
        label="Lock the meeting"
        hint="Nobody else comes in"
        testId="lock"
        on={rules.locked}
        onChange={(locked) => void hosting.lock(locked)}
      />
      <Switch
        label="Lobby"
        hint="You let each person in"
        testId="lobby"
        on={rules.lobby}
        onChange={(enabled) => void hosting.setLobby(enabled)}
      />
      {rules.lobby && (
        <Switch
          label="Sound at the door"
          hint="When somebody asks to come in"
          testId="chime"
          on={doorChime}
          onChange={(on) => preferences.patch({ doorChime: on })}
        />
      )}
      <Features call={call} rules={rules} />
      <BlockList call={call} />
      {closing && <EndForAll call={call} />}
    </section>
  )
}

function Features({ call, rules }: { call: Call; rules: Rules }) {
  return (
    <fieldset>
      <legend>Everybody may</legend>
      {features.map(([feature, label]) => (
        <Switch
          key={feature}
          label={label}
          testId={`feature-${feature}`}
          on={rules.features[feature]}
          onChange={(on) => void call.hosting.setFeature(feature, on)}
        />
      ))}
    </fieldset>
  )
}

interface SwitchProps {
  readonly label: string
  readonly hint?: string
  readonly testId: string
  readonly on: boolean
  readonly onChange: (on: boolean) => void
}

export function Switch({ label, hint, testId, on, onChange }: SwitchProps) {
  return (
    <label className="switch">
      <span>
        {label}
        {hint && <small>{hint}</small>}
      </span>
      <input
        type="checkbox"
        role="switch"
        aria-checked={on}
        data-testid={`switch-${testId}`}
        checked={on}
        onChange={(event) => onChange(event.target.checked)}
      />
    </label>
  )
}

function EndForAll({ call }: { call: Call }) {
  const [asked, setAsked] = useState(false)
  return (
    <button
      type="button"
      className="button grave"
      data-testid="end-for-all"
      onClick={() => (asked ? void call.end() : setAsked(true))}
    >
      {asked ? 'Really end it for everybody?' : 'End the meeting for everybody'}
    </button>
  )
}
