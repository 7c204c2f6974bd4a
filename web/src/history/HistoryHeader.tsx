import { useState } from 'react'
import type { Services } from '../app'
import { AccountDialog, type AccountTask } from '../ui/AccountDialog'
import { AccountMenu } from '../ui/AccountMenu'
import { Logo } from '../ui/Logo'
import { ThemeToggle } from '../ui/ThemeToggle'

/** The head of a page of the history: back to the start, who one is, light or dark. */
export function HistoryHeader({ services }: { services: Services }) {
  const [task, setTask] = useState<AccountTask>()
  return (
    <header className="page-header">
      <a
        href="/"
        className="home-link"
        aria-label="Folkmoot, to the start"
        onClick={(event) => {
          event.preventDefault()
          services.navigation.go('/')
        }}
      >
        <Logo withName />
      </a>
      <div className="header-side">
        <AccountMenu account={services.account} onTask={setTask} />
        <ThemeToggle preferences={services.preferences} />
      </div>
      {task && (
        <AccountDialog
          account={services.account}
          task={task}
          name=""
          open
          onTask={setTask}
          onClose={() => setTask(undefined)}
        />
      )}
    </header>
  )
}
