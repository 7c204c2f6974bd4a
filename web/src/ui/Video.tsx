import { type RefObject, useEffect, useRef } from 'react'

export interface VideoProps {
  readonly track: MediaStreamTrack
  readonly mirrored?: boolean
  readonly fit?: 'cover' | 'contain'
  readonly label: string
  readonly onFirstFrame?: () => void
}

/** A muted picture. Stays transparent until it has something to show, so what lies under it is seen instead of black. */
export function Video({ track, mirrored = false, fit = 'cover', label, onFirstFrame }: VideoProps) {
  const video = useRef<HTMLVideoElement>(null)
  useTrack(video, track)
  useFirstFrame(video, track, onFirstFrame)
  return (
    <video
      ref={video}
      className={`video ${fit}${mirrored ? ' mirrored' : ''}`}
      aria-label={label}
      autoPlay
      muted
      playsInline
      disablePictureInPicture
    />
  )
}

function useTrack(video: RefObject<HTMLVideoElement | null>, track: MediaStreamTrack): void {
  useEffect(() => {
    const element = video.current
    if (!element) return
    element.srcObject = new MediaStream([track])
    // A muted video may always play; a refusal means that the element was taken away meanwhile.
    element.play().catch(() => undefined)
    return () => {
      element.srcObject = null
    }
  }, [video, track])
}

function useFirstFrame(
  video: RefObject<HTMLVideoElement | null>,
  track: MediaStreamTrack,
  onFirstFrame: (() => void) | undefined,
): void {
  const told = useRef(onFirstFrame)
  useEffect(() => {
    told.current = onFirstFrame
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: another track has another first frame
  useEffect(() => {
    const element = video.current
    if (!element) return
    element.classList.remove('live')
    const live = () => {
      element.classList.add('live')
      told.current?.()
    }
    if (!('requestVideoFrameCallback' in element)) {
      const plain = element as HTMLVideoElement
      plain.addEventListener('playing', live, { once: true })
      return () => plain.removeEventListener('playing', live)
    }
    const callback = element.requestVideoFrameCallback(live)
    return () => element.cancelVideoFrameCallback(callback)
  }, [video, track])
}
