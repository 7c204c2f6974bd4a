import { useEffect } from 'react'
import type { Account } from './account/account'
import type { Tokens } from './call/tokens'
import type { EventSender } from './events/sender'
import { History } from './pages/History'
import { Home } from './pages/Home'
import { Meeting } from './pages/Meeting'
import { OperatorEvents } from './pages/OperatorEvents'
import { OperatorOverview } from './pages/OperatorOverview'
import { PastMeeting } from './pages/PastMeeting'
import { assertNever } from './protocol/messages'
import type { Navigation } from './route'
import type { PreferenceStore } from './state/preferences'
import { Message } from './ui/Message'
import { useStore } from './ui/useStore'

/** What lives as long as the page, handed down rather than imported. */
export interface Services {
  readonly navigation: Navigation
  readonly preferences: PreferenceStore
  readonly account: Account
  readonly tokens: Tokens
  readonly events: EventSender
}

export function App({ services }: { services: Services }) {
  const route = useStore(services.navigation)
  const { theme } = useStore(services.preferences)
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme
  }, [theme])
  switch (route.page) {
    case 'home':
      return <Home services={services} />
    case 'meeting':
      return <Meeting key={route.id} id={route.id} services={services} />
    case 'history':
      return <History services={services} />
    case 'past':
      return <PastMeeting key={route.id} id={route.id} services={services} />
    case 'operator':
      return <OperatorOverview services={services} />
    case 'operator-events':
      return <OperatorEvents services={services} />
    case 'unknown':
      return (
        <Message
          title="This page does not exist"
          text="The link may be incomplete. A meeting's link looks like /m/its-code."
        >
          <button type="button" className="button primary" onClick={() => services.navigation.go('/')}>
            Go to the start
          </button>
        </Message>
      )
    default:
      return assertNever(route)
  }
}
