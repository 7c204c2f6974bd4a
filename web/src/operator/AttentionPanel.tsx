import type { Overview } from '../protocol/overview'
import { clockWords } from './event-words'
import { countWords } from './figure-words'

/** What waits for somebody: alerts that last, events and deliveries that failed, and what is wrong with this node. */
export function AttentionPanel({ overview: { attention, problems } }: { overview: Overview }) {
  if (attention === null) {
    return (
      <p className="overview-problem" role="status">
        The database was not reached yet, so nothing is known of alerts, webhooks and failed events.
      </p>
    )
  }
  const { alerts, alerts_left_out: more } = attention
  const figures: readonly (readonly [string, string, number, boolean])[] = [
    ['Open alerts', 'alerts', alerts.length + more, true],
    ['Failed events', 'failed-events', attention.failed_events, true],
    ['Webhook endpoints', 'endpoints', attention.endpoints, false],
    ['of them failing', 'failing', attention.endpoints_failing, true],
    ['of them disabled', 'disabled', attention.endpoints_disabled, true],
    ['Webhook backlog', 'webhook-backlog', attention.webhook_backlog, false],
  ]
  return (
    <section className="overview-attention" aria-label="What waits for somebody">
      <dl className="attention-figures">
        {figures.map(([name, id, value, alarms]) => (
          <div key={id} className={alarms && value > 0 ? 'alarming' : ''} data-testid={`attention-${id}`}>
            <dt>{name}</dt>
            <dd>{countWords(value)}</dd>
          </div>
        ))}
      </dl>
      {problems.map((problem) => (
        <p key={problem} className="overview-problem" role="alert">
          {problem}
        </p>
      ))}
      {alerts.length > 0 && (
        <ul className="alert-list" data-testid="open-alerts">
          {alerts.map((alert) => (
            <li key={alert.id}>
              <strong>{alert.name}</strong>
              <span>{alert.meeting_id}</span>
              <time dateTime={alert.fired_at}>since {clockWords(alert.fired_at)}</time>
            </li>
          ))}
          {more > 0 && <li className="hint">and {countWords(more)} more</li>}
        </ul>
      )}
    </section>
  )
}
