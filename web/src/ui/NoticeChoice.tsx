import { SUBJECTS, type Subject } from '../state/notices'
import type { PreferenceStore } from '../state/preferences'
import { Switch } from './HostControls'
import { useStore } from './useStore'

const words: Readonly<Record<Subject, readonly [label: string, hint: string]>> = {
  people: ['People', 'Who comes and who leaves'],
  hands: ['Hands', 'Who raises a hand'],
  screens: ['Screens', 'Who shares a screen'],
  schedule: ['Schedule', 'That the meeting begins or ends soon'],
}

/** Of what one is told for a moment when it happens. Chat, and what hosts do to oneself, are always said. */
export function NoticeChoice({ preferences }: { preferences: PreferenceStore }) {
  const { silenced } = useStore(preferences)
  return (
    <>
      {SUBJECTS.map((subject) => (
        <Switch
          key={subject}
          label={words[subject][0]}
          hint={words[subject][1]}
          testId={`notice-${subject}`}
          on={!silenced.includes(subject)}
          onChange={(on) =>
            preferences.patch({ silenced: on ? silenced.filter((other) => other !== subject) : [...silenced, subject] })
          }
        />
      ))}
    </>
  )
}
