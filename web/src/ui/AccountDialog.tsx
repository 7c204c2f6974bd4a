import { X } from 'lucide-react'
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react'
import type { Account } from '../account/account'
import { CodedError } from '../protocol/errors'
import { accountWords } from '../state/account-words'

export type AccountTask = 'sign-in' | 'sign-up' | 'password'

const SHORTEST_PASSWORD = 8
const LONGEST_PASSWORD = 128

const titles: Readonly<Record<AccountTask, string>> = {
  'sign-in': 'Sign in',
  'sign-up': 'Create an account',
  password: 'Change your password',
}

const actions: Readonly<Record<AccountTask, string>> = {
  'sign-in': 'Sign in',
  'sign-up': 'Create account',
  password: 'Change password',
}

interface Props {
  readonly account: Account
  readonly task: AccountTask
  readonly name: string
  /** Whether this server takes new accounts. */
  readonly open: boolean
  readonly onTask: (task: AccountTask) => void
  readonly onClose: () => void
}

/** A dialog over the page for everything that takes a password. It closes once that is done. */
export function AccountDialog(props: Props) {
  const { account, task, onTask, onClose } = props
  const dialog = useRef<HTMLDialogElement>(null)
  const title = useId()
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={title} data-testid="account-dialog" onClose={onClose}>
      <header>
        <h2 id={title}>{titles[task]}</h2>
        <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
          <X size={20} />
        </button>
      </header>
      <AccountForm key={task} account={account} task={task} name={props.name} onDone={onClose} />
      {task === 'sign-in' && props.open && (
        <Other text="New here?" action="Create an account" testId="to-sign-up" onClick={() => onTask('sign-up')} />
      )}
      {task === 'sign-up' && (
        <Other text="You have one already?" action="Sign in" testId="to-sign-in" onClick={() => onTask('sign-in')} />
      )}
    </dialog>
  )
}

function AccountForm(props: { account: Account; task: AccountTask; name: string; onDone: () => void }) {
  const { account, task, onDone } = props
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const field = (name: string) => String(form.get(name) ?? '')
    setBusy(true)
    setProblem(undefined)
    try {
      if (task === 'sign-in') await account.signIn(field('email'), field('password'))
      else if (task === 'sign-up') await account.signUp(field('email'), field('password'), field('name'))
      else await account.changePassword(field('current'), field('password'))
      onDone()
    } catch (error) {
      setProblem(error instanceof CodedError ? accountWords(error, task) : 'That did not work. Try again.')
      setBusy(false)
    }
  }
  return (
    <form className="account-form" onSubmit={(event) => void submit(event)}>
      {task === 'sign-up' && (
        <Field label="Your name">
          <input name="name" data-testid="account-name" defaultValue={props.name} maxLength={60} autoComplete="name" />
        </Field>
      )}
      {task !== 'password' && (
        <Field label="E-mail">
          <input name="email" type="email" data-testid="account-email" required autoComplete="username" />
        </Field>
      )}
      {task === 'password' && (
        <Field label="Current password">
          <input
            name="current"
            type="password"
            data-testid="account-current"
            required
            autoComplete="current-password"
          />
        </Field>
      )}
      <PasswordField isNew={task !== 'sign-in'} task={task} />
      {problem && (
        <p className="field-problem" role="alert" data-testid="account-problem">
          {problem}
        </p>
      )}
      <button type="submit" className="button primary wide" data-testid="account-submit" disabled={busy}>
        {busy ? 'One moment…' : actions[task]}
      </button>
    </form>
  )
}

function PasswordField({ isNew, task }: { isNew: boolean; task: AccountTask }) {
  const hint = useId()
  return (
    <Field label={task === 'password' ? 'New password' : 'Password'}>
      <input
        name="password"
        type="password"
        data-testid="account-password"
        required
        {...(isNew ? { minLength: SHORTEST_PASSWORD, maxLength: LONGEST_PASSWORD, 'aria-describedby': hint } : {})}
        autoComplete={isNew ? 'new-password' : 'current-password'}
      />
      {isNew && (
        <span className="hint" id={hint}>
          {SHORTEST_PASSWORD} characters or more. A few words in a row are easy to keep and hard to guess.
        </span>
      )}
    </Field>
  )
}

function Field({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is among the children
    <label className="field">
      <span>{label}</span>
      {children}
    </label>
  )
}

function Other(props: { text: string; action: string; testId: string; onClick: () => void }) {
  return (
    <p className="account-other">
      {props.text}{' '}
      <button type="button" className="link" data-testid={props.testId} onClick={props.onClick}>
        {props.action}
      </button>
    </p>
  )
}
