import { partsOf } from '../state/chat'

/** What somebody wrote, as text and nothing else; only http and https addresses lead anywhere, outside this page. */
export function MessageText({ text }: { text: string }) {
  let at = 0
  return (
    <p className="message-text" dir="auto">
      {partsOf(text).map((part) => {
        const key = at
        at += part.text.length
        return part.href === undefined ? (
          part.text
        ) : (
          <a key={key} href={part.href} title={part.href} target="_blank" rel="noopener noreferrer nofollow">
            {part.text}
          </a>
        )
      })}
    </p>
  )
}
