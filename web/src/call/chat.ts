import { CodedError } from '../protocol/errors'
import type { ChatMessageView, ChatPage, Notification, RequestName, Requests } from '../protocol/messages'
import {
  briefly,
  type ChatState,
  type Draft,
  emptyChat,
  emptyDraft,
  entered,
  heard,
  typeOf,
  withMessage,
  withOlder,
  withoutPending,
} from '../state/chat'
import { type ReadableStore, Store } from '../state/store'

export interface ChatContext {
  readonly request: <N extends RequestName>(name: N, payload: Requests[N]['payload']) => Promise<Requests[N]['reply']>
  /** Our own ids, once in the room. */
  readonly me: () => string | undefined
  readonly userId: () => string | undefined
  readonly say: (text: string) => void
  readonly warn: (text: string) => void
}

/**
 * What is written in the meeting, and what we are about to write. Lives as long as the call: what was said while the
 * connection was lost arrives with the way back in, and what we said into the silence is said again, once.
 */
export class Chat {
  readonly #context: ChatContext
  readonly #state = new Store<ChatState>(emptyChat)
  readonly #draft = new Store<Draft>(emptyDraft)
  #loading = false

  constructor(context: ChatContext) {
    this.#context = context
  }

  get state(): ReadableStore<ChatState> {
    return this.#state
  }

  get draft(): ReadableStore<Draft> {
    return this.#draft
  }

  /** How much of the chat is known, for the server to tell the rest; undefined before the first time in. */
  get seen(): number | undefined {
    return this.#state.get().revision || undefined
  }

  /** We are in the room, for the first time or again. */
  enter(page: ChatPage): void {
    this.#state.update((chat) => entered(chat, page, this.#context.userId()))
    for (const pending of this.#state.get().pending) if (!pending.failed) void this.#deliver(pending.nonce)
  }

  hear(notification: Notification): void {
    if (notification.type === 'chat:edited' || notification.type === 'chat:deleted') {
      this.#state.update((chat) => withMessage(chat, notification.data))
      this.#forgetDraftOf(notification.data)
    } else if (notification.type === 'chat:message') {
      const message = notification.data
      const { open, unread } = this.#state.get()
      this.#state.update((chat) => heard(chat, message, this.#context.userId()))
      const news = message.type === 'System' && message.participant_id !== this.#context.me()
      if (!open && (news || this.#state.get().unread > unread)) this.#context.say(noticeOf(message))
    }
  }

  /** The panel is on the page, or not any more. */
  setOpen(open: boolean): void {
    this.#state.patch(open ? { open, unread: 0 } : { open })
  }

  write(change: Partial<Draft>): void {
    this.#draft.patch(change)
  }

  /** Begin anew, for the same person. */
  discard(): void {
    this.#draft.update(({ to }) => ({ ...emptyDraft, to }))
  }

  reply(message: ChatMessageView): void {
    const mine = message.user_id === this.#context.userId()
    const other = mine ? message.to_participant_id : message.participant_id
    const to = message.to_user_id == null ? undefined : (other ?? undefined)
    this.#draft.update((draft) => ({ ...draft, to, replyTo: message, editing: undefined }))
  }

  edit(message: ChatMessageView): void {
    this.#draft.set({ ...emptyDraft, text: message.text, editing: message })
  }

  /** Says or changes what the draft holds. What cannot be delivered stays in sight, to be said again. */
  send(): void {
    const draft = { ...this.#draft.get(), text: this.#draft.get().text.trim() }
    if (draft.text === '' && !draft.file) return
    this.discard()
    if (draft.editing) {
      void this.#change(draft, draft.editing)
      return
    }
    const nonce = crypto.randomUUID()
    this.#state.update((chat) => ({ ...chat, pending: [...chat.pending, { nonce, draft, failed: false }] }))
    void this.#deliver(nonce)
  }

  retry(nonce: string): void {
    this.#mark(nonce, false)
    void this.#deliver(nonce)
  }

  giveUp(nonce: string): void {
    this.#state.update((chat) => withoutPending(chat, nonce))
  }

  async delete(message: ChatMessageView): Promise<void> {
    try {
      const reply = await this.#context.request('chat:delete', { message_id: message.message_id })
      this.#state.update((chat) => withMessage(chat, reply))
      this.#forgetDraftOf(reply)
    } catch (error) {
      this.#context.warn(wordsOf(error, 'The message could not be deleted.'))
    }
  }

  /** Messages from before the first that is known. */
  async loadOlder(): Promise<void> {
    const first = this.#state.get().messages[0]
    if (this.#loading || !first) return
    this.#loading = true
    try {
      const page = await this.#context.request('chat:list', { before: first.number })
      // On the way the chat may have been replaced by its end: then these do not belong before its first.
      if (this.#state.get().messages[0] === first) this.#state.update((chat) => withOlder(chat, page))
    } catch (error) {
      this.#context.warn(wordsOf(error, 'Earlier messages could not be loaded.'))
    } finally {
      this.#loading = false
    }
  }

  /** Everything that was said and we may read, the earliest first. */
  async all(): Promise<readonly ChatMessageView[]> {
    for (let first: ChatMessageView | undefined; this.#state.get().more; ) {
      first = this.#state.get().messages[0]
      await this.loadOlder()
      if (this.#state.get().messages[0] === first) break
    }
    return this.#state.get().messages
  }

  async #change(draft: Draft, message: ChatMessageView): Promise<void> {
    try {
      const reply = await this.#context.request('chat:edit', { message_id: message.message_id, text: draft.text })
      this.#state.update((chat) => withMessage(chat, reply))
    } catch (error) {
      if (this.#draft.get().text === '') this.#draft.set(draft)
      this.#context.warn(wordsOf(error, 'The message could not be changed.'))
    }
  }

  async #deliver(nonce: string): Promise<void> {
    const pending = this.#state.get().pending.find((other) => other.nonce === nonce)
    if (!pending) return
    const { text, to, replyTo, file } = pending.draft
    try {
      const message = await this.#context.request('chat:send', {
        type: file ? 'File' : typeOf(text),
        text,
        nonce,
        ...(file === undefined ? {} : { file }),
        ...(to === undefined ? {} : { to_participant_id: to }),
        ...(replyTo === undefined ? {} : { reply_to: replyTo.message_id }),
      })
      this.#state.update((chat) => withoutPending(withMessage(chat, message), nonce))
    } catch (error) {
      // Lost on its way: it goes out again when we are back in.
      if (error instanceof CodedError && error.code === 'DISCONNECTED') return
      this.#mark(nonce, true)
      this.#context.warn(wordsOf(error, 'The message could not be sent.'))
    }
  }

  #mark(nonce: string, failed: boolean): void {
    this.#state.update((chat) => ({
      ...chat,
      pending: chat.pending.map((other) => (other.nonce === nonce ? { ...other, failed } : other)),
    }))
  }

  /** A message that is gone is neither answered nor changed. */
  #forgetDraftOf(message: ChatMessageView): void {
    if (!message.deleted) return
    const { replyTo, editing } = this.#draft.get()
    if (editing?.message_id === message.message_id) this.discard()
    if (replyTo?.message_id === message.message_id) this.#draft.patch({ replyTo: undefined })
  }
}

function noticeOf(message: ChatMessageView): string {
  if (message.type === 'System') return briefly(message)
  const how = message.to_user_id == null ? '' : ' (privately)'
  return `${message.display_name ?? 'Somebody'}${how}: ${briefly(message)}`
}

const refusals: Readonly<Partial<Record<string, string>>> = {
  RATE_LIMITED: 'That was a little fast. Try again in a moment.',
  DISCONNECTED: 'That did not reach the server. Try again when you are connected.',
  NOT_FOUND: 'They are not here any more, or the message is gone.',
  VALIDATION: 'That is too long for one message.',
}

/** What the server says about a conflict or a right that is missing is made for people. */
function wordsOf(error: unknown, otherwise: string): string {
  if (!(error instanceof CodedError)) return otherwise
  if (error.code === 'CONFLICT' || error.code === 'ACCESS_DENIED') return error.message
  return refusals[error.code] ?? otherwise
}
