import type { Analytics } from '../protocol/history'
import { durationWords } from '../state/history-words'

/** The meeting in a few figures. */
export function FigureStrip({ analytics: { meeting, is_final: final } }: { analytics: Analytics }) {
  const figures: readonly (readonly [string, string | number])[] = [
    ['Most at once', meeting.peak_concurrency],
    ['In for, on average', durationWords(meeting.average_attendance_s)],
    ['Messages', meeting.chat_messages],
    ['Shares', meeting.screen_shares],
    ['Polls', meeting.polls],
    ['Recorded', durationWords(meeting.recording_s)],
    ['Technical issues', meeting.technical_issues],
    [final ? 'Engagement' : 'Engagement so far', `${meeting.engagement} of 100`],
  ]
  return (
    <dl className="figure-strip" data-testid="figures">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
