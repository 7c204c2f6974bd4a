import { useState } from 'react'

interface RenameFormProps {
  readonly name: string
  readonly onRename: (name: string) => void
  readonly onCancel: () => void
}

export function RenameForm({ name, onRename, onCancel }: RenameFormProps) {
  const [text, setText] = useState(name)
  return (
    <form
      className="rename-form"
      onSubmit={(event) => {
        event.preventDefault()
        onRename(text.trim())
      }}
    >
      <input
        type="text"
        dir="auto"
        maxLength={255}
        value={text}
        aria-label="Name"
        data-testid="rename-name"
        // biome-ignore lint/a11y/noAutofocus: the form opens because somebody pressed a button for it
        autoFocus
        onFocus={(event) => event.target.select()}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          event.stopPropagation()
          onCancel()
        }}
      />
      <button type="submit" className="button" data-testid="rename-save" disabled={text.trim() === ''}>
        Save
      </button>
    </form>
  )
}
