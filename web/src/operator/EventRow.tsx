import type { LoggedEvent } from './event-stream'
import { clockWords, isGrave, payloadWords } from './event-words'

export function EventRow({ event, onMeeting }: { event: LoggedEvent; onMeeting: (meetingId: string) => void }) {
  return (
    <li className={isGrave(event.type) ? 'stream-row grave' : 'stream-row'} data-testid="stream-event">
      <details>
        <summary>
          <time dateTime={event.timestamp}>{clockWords(event.timestamp)}</time>
          <strong>{event.type}</strong>
          <span className="stream-meeting">{event.meeting_id}</span>
          <span className="stream-payload">{payloadWords(event.payload)}</span>
        </summary>
        <pre>{JSON.stringify(event, null, 2)}</pre>
        <button type="button" className="button" onClick={() => onMeeting(event.meeting_id)}>
          Only this meeting
        </button>
      </details>
    </li>
  )
}
