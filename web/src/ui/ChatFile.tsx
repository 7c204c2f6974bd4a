import { FileText, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { Call } from '../call/call'
import { isSafeAddress, type LinkedFile } from '../state/chat'

/** The file that goes with the next message. */
export function ChosenFile({ call, file }: { call: Call; file: LinkedFile }) {
  return (
    <p className="chat-context" data-testid="chat-chosen-file">
      <FileText size={14} aria-hidden="true" />
      <bdi>{file.name}</bdi>
      <button
        type="button"
        className="icon-button"
        aria-label="Without the file"
        onClick={() => call.chat.write({ file: undefined })}
      >
        <X size={14} aria-hidden="true" />
      </button>
    </p>
  )
}

/** Where a file lies, and what it is called. Nothing is uploaded. */
export function FileForm({ call, onDone }: { call: Call; onDone: () => void }) {
  const [url, setUrl] = useState('')
  const [name, setName] = useState('')
  const first = useRef<HTMLInputElement>(null)
  useEffect(() => first.current?.focus(), [])
  const address = url.trim()
  const safe = isSafeAddress(address)
  const choose = () => {
    call.chat.write({ file: { name: name.trim() || lastPart(address), url: address } })
    onDone()
  }
  return (
    <fieldset
      className="chat-file-form"
      onKeyDown={(event) => {
        if (event.key === 'Escape') onDone()
        if (event.key === 'Escape' || event.key === 'Enter') {
          event.preventDefault()
          event.stopPropagation()
        }
        if (event.key === 'Enter' && safe) choose()
      }}
    >
      <legend className="visually-hidden">A file that lies elsewhere</legend>
      <input
        ref={first}
        type="url"
        maxLength={2_048}
        value={url}
        aria-label="Address of the file"
        placeholder="https://… where the file lies"
        data-testid="chat-file-url"
        onChange={(event) => setUrl(event.target.value)}
      />
      <input
        type="text"
        dir="auto"
        maxLength={255}
        value={name}
        aria-label="Name of the file"
        placeholder="What it is called"
        data-testid="chat-file-name"
        onChange={(event) => setName(event.target.value)}
      />
      <button type="button" className="button" data-testid="chat-file-add" disabled={!safe} onClick={choose}>
        Add
      </button>
    </fieldset>
  )
}

/** `agenda.pdf` of an address that ends with it. */
function lastPart(address: string): string {
  const { pathname, hostname } = new URL(address)
  return pathname.split('/').findLast((part) => part !== '') ?? hostname
}
