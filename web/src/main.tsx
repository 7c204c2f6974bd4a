import '@fontsource-variable/inter/wght.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/forms.css'
import './styles/home.css'
import './styles/account.css'
import './styles/greenroom.css'
import './styles/call.css'
import './styles/tiles.css'
import './styles/hosting.css'
import './styles/controls.css'
import './styles/operator.css'
import './styles/overview.css'
import './styles/panels.css'
import './styles/chat.css'
import './styles/history.css'
import './styles/timeline.css'
import './styles/polls.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Account } from './account/account'
import { App } from './app'
import { Tokens } from './call/tokens'
import { EventSender } from './events/sender'
import { openUnsent } from './events/unsent'
import { api } from './protocol/api'
import { Navigation } from './route'
import { PreferenceStore } from './state/preferences'

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')

const account = new Account(localStorage)
const tokens = new Tokens(sessionStorage, account)
const events = new EventSender({
  unsent: openUnsent,
  post: api.reportEvents,
  token: (meetingId) => tokens.present(meetingId),
})
const services = {
  navigation: new Navigation(),
  preferences: new PreferenceStore(localStorage),
  account,
  tokens,
  events,
}
void account.restore()
events.start()
addEventListener('storage', (event) => account.heard(event.key))

createRoot(root).render(
  <StrictMode>
    <App services={services} />
  </StrictMode>,
)
