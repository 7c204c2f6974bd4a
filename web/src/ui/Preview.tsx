import type { ReactNode } from 'react'
import { Avatar } from './Avatar'
import { Video } from './Video'

/** Oneself, as in a mirror, with the switches laid over it. */
export function Preview(props: {
  track: MediaStreamTrack | undefined
  on: boolean
  name: string
  children: ReactNode
}) {
  return (
    <div className="preview" data-testid="preview">
      <div className="preview-empty">
        <Avatar name={props.name || '?'} />
        <span>{props.on && !props.track ? 'Starting the camera…' : props.track ? '' : 'Your camera is off'}</span>
      </div>
      {props.track && <Video track={props.track} label="Your camera" mirrored />}
      <div className="preview-controls">{props.children}</div>
    </div>
  )
}
