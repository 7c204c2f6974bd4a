import { type DeviceChoice, speakerChoiceSupported } from '../call/devices'
import type { LocalMedia } from '../call/local-media'
import type { PreferenceStore } from '../state/preferences'
import { useStore } from './useStore'

/** Which microphone, camera and speaker. A choice takes effect at once and is remembered. */
export function DevicePickers({ media, preferences }: { media: LocalMedia; preferences: PreferenceStore }) {
  const devices = useStore(media.devices)
  const microphone = useStore(media.microphone.state)
  const camera = useStore(media.camera.state)
  const speakerId = useStore(media.speakerId)
  return (
    <div className="pickers">
      <Picker
        label="Microphone"
        testId="microphone-picker"
        choices={devices.microphones}
        value={microphone.deviceId}
        onChoose={(microphoneId) => {
          preferences.patch({ microphoneId })
          void media.microphone.choose(microphoneId)
        }}
      />
      <Picker
        label="Camera"
        testId="camera-picker"
        choices={devices.cameras}
        value={camera.deviceId}
        onChoose={(cameraId) => {
          preferences.patch({ cameraId })
          void media.camera.choose(cameraId)
        }}
      />
      {speakerChoiceSupported() && (
        <Picker
          label="Speaker"
          testId="speaker-picker"
          choices={devices.speakers}
          value={speakerId}
          onChoose={(id) => {
            preferences.patch({ speakerId: id })
            media.chooseSpeaker(id)
          }}
        />
      )}
    </div>
  )
}

interface PickerProps {
  label: string
  testId: string
  choices: readonly DeviceChoice[]
  value: string | undefined
  onChoose: (id: string) => void
}

function Picker({ label, testId, choices, value, onChoose }: PickerProps) {
  const known = choices.some((choice) => choice.id === value)
  return (
    <label className="field">
      <span>{label}</span>
      <select
        data-testid={testId}
        disabled={choices.length === 0}
        value={known ? value : (choices[0]?.id ?? '')}
        onChange={(event) => onChoose(event.target.value)}
      >
        {choices.length === 0 && <option value="">None found</option>}
        {choices.map((choice) => (
          <option key={choice.id} value={choice.id}>
            {choice.label}
          </option>
        ))}
      </select>
    </label>
  )
}
