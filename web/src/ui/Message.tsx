import { type ReactNode, useEffect, useRef } from 'react'
import { Logo } from './Logo'

/** A whole screen with one thing to say. Its heading takes the focus, so that it is read out when the screen appears. */
export function Message(props: { title: string; text: string; testId?: string; children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  return (
    <main className="message" data-testid={props.testId}>
      <div className="message-card">
        <Logo size={44} />
        <h1 ref={heading} tabIndex={-1}>
          {props.title}
        </h1>
        <p>{props.text}</p>
        <div className="message-actions">{props.children}</div>
      </div>
    </main>
  )
}
