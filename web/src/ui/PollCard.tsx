import { useState } from 'react'
import type { Answer, Polls } from '../call/polls'
import type { PollAnswerView, PollView } from '../protocol/messages'
import { choicesOf, ownChoices, shareOf } from '../state/polls'

interface PollCardProps {
  readonly polls: Polls
  readonly poll: PollView
  /** Whether we may close it and see who answered what: it is ours, or we host. */
  readonly managing: boolean
}

export function PollCard({ polls, poll, managing }: PollCardProps) {
  const vote = (answer: Answer) => polls.vote(poll.poll_id, answer)
  const single = poll.type === 'OpenEnded' ? poll.results != null : managing && !poll.anonymous
  return (
    <li className={`poll ${poll.open ? '' : 'closed'}`} data-testid="poll" data-question={poll.question}>
      <header>
        <h4 dir="auto">{poll.question}</h4>
        <small className="quiet-text" data-testid="poll-facts">
          <bdi>{poll.display_name}</bdi> · {poll.open ? 'open' : 'closed'}
          {poll.anonymous && ' · anonymous'} · {poll.votes === 1 ? '1 answer' : `${poll.votes} answers`}
          {poll.results?.average != null && ` · ${poll.results.average} on average`}
        </small>
      </header>
      <PollBody poll={poll} onVote={vote} />
      {poll.open && poll.results == null && (
        <small className="quiet-text">Results are shown when the poll is closed.</small>
      )}
      {single && poll.votes > 0 && <SingleAnswers key={`${poll.votes}`} polls={polls} poll={poll} />}
      {poll.open && managing && (
        <button
          type="button"
          className="button"
          data-testid="poll-close"
          onClick={() => void polls.close(poll.poll_id)}
        >
          Close the poll
        </button>
      )}
    </li>
  )
}

interface BodyProps {
  readonly poll: PollView
  readonly onVote: (answer: Answer) => Promise<boolean>
}

function PollBody(props: BodyProps) {
  if (props.poll.type === 'OpenEnded') return props.poll.open ? <OwnWords {...props} /> : null
  if (props.poll.type === 'MultipleChoice' && props.poll.open) return <Several {...props} />
  return <One {...props} />
}

/** Pressed is answered: there is nothing to send besides. */
function One({ poll, onVote }: BodyProps) {
  const own = ownChoices(poll)
  return (
    <fieldset className={`poll-choices ${poll.steps == null ? '' : 'steps'}`} disabled={!poll.open}>
      <legend className="visually-hidden">{poll.question}</legend>
      {choicesOf(poll).map((text, place) => (
        <Choice
          key={text}
          poll={poll}
          place={place}
          text={text}
          kind="radio"
          checked={own.includes(place)}
          onChange={() => void onVote(poll.steps == null ? { choices: [place] } : { rating: place + 1 })}
        />
      ))}
    </fieldset>
  )
}

function Several({ poll, onVote }: BodyProps) {
  const own = ownChoices(poll)
  const [marked, setMarked] = useState<readonly number[]>(own)
  const changed = marked.length !== own.length || marked.some((place) => !own.includes(place))
  return (
    <>
      <fieldset className="poll-choices">
        <legend className="visually-hidden">{poll.question}</legend>
        {choicesOf(poll).map((text, place) => (
          <Choice
            key={text}
            poll={poll}
            place={place}
            text={text}
            kind="checkbox"
            checked={marked.includes(place)}
            onChange={(on) => setMarked(on ? [...marked, place] : marked.filter((other) => other !== place))}
          />
        ))}
      </fieldset>
      {poll.most_choices < poll.options.length && <small className="quiet-text">At most {poll.most_choices}.</small>}
      <button
        type="button"
        className="button primary"
        data-testid="poll-vote"
        disabled={!changed || marked.length === 0 || marked.length > poll.most_choices}
        onClick={() => void onVote({ choices: marked })}
      >
        {own.length > 0 ? 'Change your answer' : 'Answer'}
      </button>
    </>
  )
}

function OwnWords({ poll, onVote }: BodyProps) {
  const [text, setText] = useState(poll.own?.text ?? '')
  return (
    <form
      className="poll-words"
      onSubmit={(event) => {
        event.preventDefault()
        void onVote({ text: text.trim() })
      }}
    >
      <textarea
        rows={2}
        dir="auto"
        maxLength={500}
        value={text}
        aria-label="Your answer"
        data-testid="poll-text"
        onChange={(event) => setText(event.target.value)}
      />
      <button
        type="submit"
        className="button primary"
        data-testid="poll-vote"
        disabled={text.trim() === '' || text.trim() === poll.own?.text}
      >
        {poll.own == null ? 'Answer' : 'Change your answer'}
      </button>
    </form>
  )
}

interface ChoiceProps {
  readonly poll: PollView
  readonly place: number
  readonly text: string
  readonly kind: 'radio' | 'checkbox'
  readonly checked: boolean
  readonly onChange: (on: boolean) => void
}

function Choice({ poll, place, text, kind, checked, onChange }: ChoiceProps) {
  const { results, steps } = poll
  const share = Math.round(shareOf(poll, place) * 100)
  const count = results?.counts[place] ?? 0
  return (
    <label className="poll-choice" data-testid="poll-choice">
      {results != null && (
        <span
          className="poll-bar"
          style={steps == null ? { inlineSize: `${share}%` } : { blockSize: `${share}%` }}
          aria-hidden="true"
        />
      )}
      <input type={kind} name={poll.poll_id} checked={checked} onChange={(event) => onChange(event.target.checked)} />
      <span className="poll-choice-text" dir="auto">
        {text}
      </span>
      {results != null && <span className="poll-count">{steps == null ? `${count} · ${share} %` : count}</span>}
    </label>
  )
}

function SingleAnswers({ polls, poll }: { polls: Polls; poll: PollView }) {
  const [answers, setAnswers] = useState<readonly PollAnswerView[]>()
  const [more, setMore] = useState(true)
  const load = async () => {
    const page = await polls.answers(poll.poll_id, answers?.length ?? 0)
    if (!page) return
    setAnswers([...(answers ?? []), ...page.answers])
    setMore(page.more)
  }
  const label = answers ? 'More answers' : poll.type === 'OpenEnded' ? 'Read the answers' : 'Who answered what'
  const choices = choicesOf(poll)
  return (
    <>
      {answers && (
        <ul className="poll-answers" data-testid="poll-answers">
          {answers.map((answer, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: anonymous answers have no other name than their place
            <li key={index}>
              {answer.display_name != null && <bdi>{answer.display_name}: </bdi>}
              <span dir="auto">
                {answer.text ??
                  placesOf(answer)
                    .map((place) => choices[place])
                    .join(', ')}
              </span>
            </li>
          ))}
        </ul>
      )}
      {more && (
        <button type="button" className="link-button" data-testid="poll-show-answers" onClick={() => void load()}>
          {label}
        </button>
      )}
    </>
  )
}

function placesOf({ choices, rating }: PollAnswerView): readonly number[] {
  return rating == null ? choices : [rating - 1]
}
