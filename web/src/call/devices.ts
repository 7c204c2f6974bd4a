/** Why a camera, a microphone or a screen could not be had, as far as the browser tells. */
export type MediaProblem = 'refused' | 'missing' | 'in-use' | 'insecure' | 'failed'

export interface DeviceChoice {
  readonly id: string
  readonly label: string
}

export interface DeviceList {
  readonly microphones: readonly DeviceChoice[]
  readonly cameras: readonly DeviceChoice[]
  readonly speakers: readonly DeviceChoice[]
}

export const noDevices: DeviceList = { microphones: [], cameras: [], speakers: [] }

/** Names of Media Capture and Streams, section 10.2; older browsers' names in the same rows. */
const problems: Readonly<Record<string, MediaProblem>> = {
  NotAllowedError: 'refused',
  PermissionDeniedError: 'refused',
  SecurityError: 'insecure',
  NotFoundError: 'missing',
  DevicesNotFoundError: 'missing',
  OverconstrainedError: 'missing',
  NotReadableError: 'in-use',
  TrackStartError: 'in-use',
  AbortError: 'in-use',
}

export function problemOf(error: unknown): MediaProblem {
  if (!(error instanceof Error || error instanceof DOMException)) return 'failed'
  return problems[error.name] ?? 'failed'
}

export function mediaSupported(): boolean {
  // Browsers leave mediaDevices out of pages that came over plain http.
  return globalThis.isSecureContext && navigator.mediaDevices?.getUserMedia !== undefined
}

export async function openMicrophone(deviceId: string | undefined): Promise<MediaStreamTrack> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: microphoneConstraints(deviceId) })
  return firstTrack(stream.getAudioTracks())
}

export async function openCamera(deviceId: string | undefined): Promise<MediaStreamTrack> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: cameraConstraints(deviceId) })
  return firstTrack(stream.getVideoTracks())
}

/** Both with one question to the person instead of two. */
export async function openBoth(
  microphoneId: string | undefined,
  cameraId: string | undefined,
): Promise<{ microphone: MediaStreamTrack; camera: MediaStreamTrack }> {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: microphoneConstraints(microphoneId),
    video: cameraConstraints(cameraId),
  })
  return { microphone: firstTrack(stream.getAudioTracks()), camera: firstTrack(stream.getVideoTracks()) }
}

/** A tab, a window or a screen, chosen by the person in the browser's own dialogue; its sound where the browser offers it. */
export async function openScreen(): Promise<MediaStream> {
  const stream = await navigator.mediaDevices.getDisplayMedia({
    video: { frameRate: { ideal: 15, max: 30 } },
    audio: true,
  })
  // Text and lines before motion: the encoder drops frames rather than sharpness.
  for (const track of stream.getVideoTracks()) track.contentHint = 'detail'
  return stream
}

export async function listDevices(): Promise<DeviceList> {
  if (!mediaSupported()) return noDevices
  const devices = await navigator.mediaDevices.enumerateDevices()
  const ofKind = (kind: MediaDeviceKind, noun: string) =>
    devices
      // Without permission a browser lists one nameless device of each kind, which is nothing to choose from.
      .filter((device) => device.kind === kind && device.deviceId !== '')
      .map((device, index) => ({ id: device.deviceId, label: device.label || `${noun} ${index + 1}` }))
  return {
    microphones: ofKind('audioinput', 'Microphone'),
    cameras: ofKind('videoinput', 'Camera'),
    speakers: ofKind('audiooutput', 'Speaker'),
  }
}

export function speakerChoiceSupported(): boolean {
  return 'setSinkId' in HTMLMediaElement.prototype
}

function microphoneConstraints(deviceId: string | undefined): MediaTrackConstraints {
  return { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...chosen(deviceId) }
}

function cameraConstraints(deviceId: string | undefined): MediaTrackConstraints {
  return { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 }, ...chosen(deviceId) }
}

/** `ideal`, not `exact`: a device that was unplugged since it was chosen gives way to the default one. */
function chosen(deviceId: string | undefined): MediaTrackConstraints {
  return deviceId === undefined ? {} : { deviceId: { ideal: deviceId } }
}

function firstTrack(tracks: MediaStreamTrack[]): MediaStreamTrack {
  const [track] = tracks
  if (!track) throw new DOMException('The browser gave a stream without a track.', 'NotFoundError')
  return track
}
