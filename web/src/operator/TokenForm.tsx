import { type FormEvent, useState } from 'react'

/** Operators are who holds an operator's token; it stays in this tab. */
export function TokenForm({ problem, onToken }: { problem: string | undefined; onToken: (token: string) => void }) {
  const [text, setText] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const token = text.trim()
    if (token !== '') onToken(token)
  }
  return (
    <form className="operator-token" onSubmit={submit}>
      <h1>For operators</h1>
      <p className="hint">
        Paste an operator's token. <code>folkmoot create-token --identity you --operator</code> prints one on the
        server.
      </p>
      <label className="field">
        <span>Token</span>
        <input
          data-testid="operator-token"
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      {problem !== undefined && (
        <p className="field-problem" role="alert" data-testid="operator-problem">
          {problem}
        </p>
      )}
      <button type="submit" className="button primary" data-testid="operator-enter" disabled={text.trim() === ''}>
        Continue
      </button>
    </form>
  )
}
