import { useState } from 'react'
import type { Services } from '../app'
import { AccountDialog, type AccountTask } from './AccountDialog'
import { useStore } from './useStore'

/** For a guest who is refused where people with an account may be let in: sign in, and try the same meeting again. */
export function SignInInstead({ services, meetingId }: { services: Services; meetingId: string }) {
  const { status } = useStore(services.account)
  const [task, setTask] = useState<AccountTask>()
  const close = () => {
    setTask(undefined)
    if (services.account.get().status !== 'signed-in') return
    // The guest's token would go before the account's.
    services.tokens.forget(meetingId)
    location.reload()
  }
  if (status === 'signed-in' && !task) return null
  return (
    <>
      <button type="button" className="button" data-testid="sign-in-instead" onClick={() => setTask('sign-in')}>
        Sign in
      </button>
      {task && (
        <AccountDialog
          account={services.account}
          task={task}
          name={services.preferences.get().name}
          open={true}
          onTask={setTask}
          onClose={close}
        />
      )}
    </>
  )
}
