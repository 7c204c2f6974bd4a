import { useState } from 'react'
import type { Call } from '../call/call'
import type { Features } from '../protocol/messages'
import type { Rules } from '../state/rules'

const features: readonly (readonly [keyof Features, string])[] = [
  ['chat', 'Chat'],
  ['screen_share', 'Share screens'],
  ['reactions', 'React'],
  ['unmute', 'Unmute themselves'],
  ['start_video', 'Turn cameras on'],
]

/** What hosts decide for the whole room. */
export function HostControls({ call, rules, closing }: { call: Call; rules: Rules; closing: boolean }) {
  const { hosting } = call
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
      <fieldset>
        <legend>Everybody may</legend>
        {features.map(([feature, label]) => (
          <Switch
            key={feature}
            label={label}
            testId={`feature-${feature}`}
            on={rules.features[feature]}
            onChange={(on) => void hosting.setFeature(feature, on)}
          />
        ))}
      </fieldset>
      {closing && <EndForAll call={call} />}
    </section>
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
