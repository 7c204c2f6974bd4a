import { Plus, X } from 'lucide-react'
import { useRef, useState } from 'react'
import type { PollDraft } from '../call/polls'
import { Switch } from './HostControls'
import { MostChoices, Steps } from './PollLimits'

type PollType = PollDraft['type']

const types: readonly (readonly [PollType, string])[] = [
  ['SingleChoice', 'One of several'],
  ['MultipleChoice', 'Several of several'],
  ['YesNo', 'Yes or no'],
  ['Rating', 'Rating, from 1 up'],
  ['OpenEnded', 'In their own words'],
]

const FEWEST_OPTIONS = 2
const MOST_OPTIONS = 10

interface Option {
  readonly key: number
  readonly text: string
}

interface PollFormProps {
  /** Asks; resolves to whether that worked. */
  readonly onAsk: (draft: PollDraft) => Promise<boolean>
  readonly onCancel: () => void
}

export function PollForm({ onAsk, onCancel }: PollFormProps) {
  const [type, setType] = useState<PollType>('SingleChoice')
  const [question, setQuestion] = useState('')
  const [anonymous, setAnonymous] = useState(false)
  const [live, setLive] = useState(true)
  const [mostChoices, setMostChoices] = useState<number>()
  const [steps, setSteps] = useState<number>()
  const [options, setOptions] = useState<readonly Option[]>([
    { key: 0, text: '' },
    { key: 1, text: '' },
  ])
  const chosen = type === 'SingleChoice' || type === 'MultipleChoice'
  const texts = options.map((option) => option.text.trim()).filter((text) => text !== '')
  const distinct = [...new Set(texts)]
  const complete = question.trim() !== '' && (!chosen || distinct.length >= FEWEST_OPTIONS)
  const ask = async () => {
    const draft = {
      type,
      question: question.trim(),
      anonymous,
      live,
      ...(chosen ? { options: distinct } : {}),
      ...(type === 'MultipleChoice' && mostChoices !== undefined && mostChoices < distinct.length
        ? { most_choices: mostChoices }
        : {}),
      ...(type === 'Rating' && steps !== undefined ? { steps } : {}),
    }
    if (await onAsk(draft)) onCancel()
  }
  return (
    <form
      className="poll-form"
      data-testid="poll-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (complete) void ask()
      }}
    >
      <label className="field">
        Question
        <input
          type="text"
          dir="auto"
          maxLength={300}
          value={question}
          data-testid="poll-question"
          // biome-ignore lint/a11y/noAutofocus: the form opens because somebody pressed a button for it
          autoFocus
          onChange={(event) => setQuestion(event.target.value)}
        />
      </label>
      <label className="field">
        Answer
        <select value={type} data-testid="poll-type" onChange={(event) => setType(event.target.value as PollType)}>
          {types.map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {chosen && <Options options={options} onChange={setOptions} />}
      {type === 'MultipleChoice' && distinct.length > FEWEST_OPTIONS && (
        <MostChoices value={mostChoices} onChange={setMostChoices} options={distinct.length} />
      )}
      {type === 'Rating' && <Steps value={steps} onChange={setSteps} />}
      <Switch
        label="Anonymous"
        hint="Nobody learns who answered what"
        testId="poll-anonymous"
        on={anonymous}
        onChange={setAnonymous}
      />
      <Switch
        label="Show results at once"
        hint="Else when the poll is closed"
        testId="poll-live"
        on={live}
        onChange={setLive}
      />
      <div className="poll-buttons">
        <button type="submit" className="button primary" data-testid="poll-ask" disabled={!complete}>
          Ask everybody
        </button>
        <button type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  )
}

function Options({
  options,
  onChange,
}: {
  options: readonly Option[]
  onChange: (options: readonly Option[]) => void
}) {
  const nextKey = useRef(FEWEST_OPTIONS)
  return (
    <fieldset className="poll-options">
      <legend>Options</legend>
      {options.map(({ key, text }, index) => (
        <div key={key} className="poll-option-field">
          <input
            type="text"
            dir="auto"
            maxLength={100}
            value={text}
            aria-label={`Option ${index + 1}`}
            placeholder={`Option ${index + 1}`}
            data-testid="poll-option"
            onChange={(event) =>
              onChange(options.map((other) => (other.key === key ? { key, text: event.target.value } : other)))
            }
          />
          {options.length > FEWEST_OPTIONS && (
            <button
              type="button"
              className="icon-button"
              aria-label={`Remove option ${index + 1}`}
              onClick={() => onChange(options.filter((other) => other.key !== key))}
            >
              <X size={16} aria-hidden="true" />
            </button>
          )}
        </div>
      ))}
      {options.length < MOST_OPTIONS && (
        <button
          type="button"
          className="link-button"
          data-testid="poll-add-option"
          onClick={() => onChange([...options, { key: nextKey.current++, text: '' }])}
        >
          <Plus size={14} aria-hidden="true" /> Another option
        </button>
      )}
    </fieldset>
  )
}
