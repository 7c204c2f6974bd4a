import { TriangleAlert } from 'lucide-react'
import type { MediaProblem } from '../call/devices'
import { deviceWords } from '../state/words'

/** What is wrong with the camera or the microphone, and what to do about it. */
export function DeviceHelp({ device, problem }: { device: 'microphone' | 'camera'; problem: MediaProblem }) {
  const { title, text } = deviceWords(device, problem)
  return (
    <div className="notice-card warning" role="alert" data-testid={`${device}-problem`} data-problem={problem}>
      <TriangleAlert size={18} aria-hidden="true" />
      <div>
        <strong>{title}</strong>
        <p>{text}</p>
      </div>
    </div>
  )
}
