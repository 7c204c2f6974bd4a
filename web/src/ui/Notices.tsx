import type { Notice } from '../state/notices'
import type { ReadableStore } from '../state/store'
import { useStore } from './useStore'

/** Who came, who left, whose hand is up: seen for a moment, and read out without interrupting. */
export function Notices({ notices }: { notices: ReadableStore<readonly Notice[]> }) {
  const shown = useStore(notices)
  return (
    <div className="notices" aria-live="polite" data-testid="notices">
      {shown.map((notice) => (
        <p key={notice.id} className={`toast ${notice.tone}`}>
          {notice.text}
        </p>
      ))}
    </div>
  )
}
