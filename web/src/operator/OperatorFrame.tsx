import { type ReactNode, useCallback, useState } from 'react'
import type { Services } from '../app'
import { Logo } from '../ui/Logo'
import { ThemeToggle } from '../ui/ThemeToggle'
import { TokenForm } from './TokenForm'

const TOKEN = 'folkmoot.operator-token'

const PAGES = [
  ['/operator', 'Overview', 'operator'],
  ['/operator/events', 'Live events', 'operator-events'],
] as const

type Inside = (token: string, onRefused: (why: string) => void) => ReactNode

/** What the operators' pages share: the way in by a token, which stays in this tab, and the way between them. */
export function OperatorFrame({ services, page, children }: { services: Services; page: string; children: Inside }) {
  const [token, setToken] = useState(() => sessionStorage.getItem(TOKEN) ?? '')
  const [problem, setProblem] = useState<string>()
  const enter = (given: string) => {
    sessionStorage.setItem(TOKEN, given)
    setProblem(undefined)
    setToken(given)
  }
  const leave = useCallback((why?: string) => {
    sessionStorage.removeItem(TOKEN)
    setProblem(why)
    setToken('')
  }, [])
  return (
    <div className="operator">
      <header className="page-header">
        <Logo withName />
        {token !== '' && (
          <nav className="operator-pages" aria-label="For operators">
            {PAGES.map(([path, title, name]) => (
              <a
                key={path}
                href={path}
                aria-current={name === page ? 'page' : undefined}
                onClick={(event) => {
                  event.preventDefault()
                  services.navigation.go(path)
                }}
              >
                {title}
              </a>
            ))}
          </nav>
        )}
        <div className="header-side">
          {token !== '' && (
            <button type="button" className="button" data-testid="operator-leave" onClick={() => leave()}>
              Forget the token
            </button>
          )}
          <ThemeToggle preferences={services.preferences} />
        </div>
      </header>
      <main className="operator-main">
        {token === '' ? <TokenForm problem={problem} onToken={enter} /> : children(token, leave)}
      </main>
    </div>
  )
}
