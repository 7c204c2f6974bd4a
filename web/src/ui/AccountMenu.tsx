import { CircleUserRound, KeyRound, LogOut } from 'lucide-react'
import { useState } from 'react'
import type { Account } from '../account/account'
import type { AccountTask } from './AccountDialog'
import { Avatar } from './Avatar'
import { Menu } from './Menu'
import { useStore } from './useStore'

/** In the corner of a page: the way in for guests, and for who is signed in their name and what they can do with it. */
export function AccountMenu({ account, onTask }: { account: Account; onTask: (task: AccountTask) => void }) {
  const state = useStore(account)
  const [open, setOpen] = useState(false)
  const [stuck, setStuck] = useState(false)
  if (state.status === 'unknown') return null
  if (state.status === 'guest') {
    return (
      <button type="button" className="button quiet" data-testid="open-sign-in" onClick={() => onTask('sign-in')}>
        <CircleUserRound size={18} aria-hidden="true" />
        Sign in
      </button>
    )
  }
  const signOut = () => {
    setOpen(false)
    account.signOut().then(
      () => setStuck(false),
      () => setStuck(true),
    )
  }
  return (
    <div className="menu-anchor">
      <button
        type="button"
        className="account-button"
        data-testid="account-menu"
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={`Account of ${state.user.display_name}`}
        onClick={() => setOpen(!open)}
      >
        <Avatar name={state.user.display_name} small />
      </button>
      {open && (
        <Menu label="Account" className="account-menu" onClose={() => setOpen(false)}>
          <p className="account-who" data-testid="account-who">
            <strong>{state.user.display_name}</strong>
            <span>{state.user.email}</span>
          </p>
          <button
            type="button"
            role="menuitem"
            data-testid="change-password"
            onClick={() => {
              setOpen(false)
              onTask('password')
            }}
          >
            <KeyRound size={18} aria-hidden="true" /> Change password
          </button>
          <button type="button" role="menuitem" data-testid="sign-out" onClick={signOut}>
            <LogOut size={18} aria-hidden="true" /> Sign out
          </button>
        </Menu>
      )}
      {stuck && (
        <p className="account-stuck field-problem" role="alert">
          You are still signed in: the server could not be reached.
        </p>
      )}
    </div>
  )
}
