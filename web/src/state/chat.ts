import type { ChatMessageView, ChatPage } from '../protocol/messages'

/** What a person is about to say. With `editing` it replaces that message's text. */
export interface Draft {
  readonly text: string
  /** The participant it is for alone; undefined for everybody. */
  readonly to: string | undefined
  readonly replyTo: ChatMessageView | undefined
  readonly editing: ChatMessageView | undefined
  /** A file that lies elsewhere, to go with the text. */
  readonly file: LinkedFile | undefined
}

export interface LinkedFile {
  readonly name: string
  readonly url: string
}

/** Said, and not answered yet. `nonce` is how it is known again when it arrives. */
export interface Pending {
  readonly nonce: string
  readonly draft: Draft
  readonly failed: boolean
}

export interface ChatState {
  /** Oldest first, each as it is now. */
  readonly messages: readonly ChatMessageView[]
  /** How much of the chat is known: every change up to this one. */
  readonly revision: number
  /** There are older ones on the server. */
  readonly more: boolean
  readonly pending: readonly Pending[]
  readonly unread: number
  /** The panel is on the page, so what arrives is read. */
  readonly open: boolean
}

export const emptyDraft: Draft = { text: '', to: undefined, replyTo: undefined, editing: undefined, file: undefined }

export const emptyChat: ChatState = {
  messages: [],
  revision: 0,
  more: false,
  pending: [],
  unread: 0,
  open: false,
}

const MOST_KEPT = 1_000

/** The chat after entering the room: what changed since, where the server knows that, else its end in place of all before. */
export function entered(chat: ChatState, page: ChatPage, myUserId: string | undefined): ChatState {
  const first = chat.revision === 0
  const last = chat.messages.at(-1)?.number ?? 0
  const before = page.since == null ? { ...chat, messages: [], more: page.more } : chat
  const merged = page.messages.reduce(withMessage, before)
  const fresh = page.messages.filter((message) => message.number > last && counts(message, myUserId)).length
  const unread = first || chat.open ? chat.unread : chat.unread + fresh
  return { ...merged, revision: Math.max(chat.revision, page.revision), unread }
}

/** The chat after a message came or changed: the later of its two states counts, whichever comes first. */
export function withMessage(chat: ChatState, message: ChatMessageView): ChatState {
  const revision = Math.max(chat.revision, message.revision)
  const at = chat.messages.findIndex((other) => other.message_id === message.message_id)
  const known = chat.messages[at]
  if (known) {
    const messages = known.revision < message.revision ? chat.messages.with(at, message) : chat.messages
    return { ...chat, messages, revision }
  }
  const messages = [...chat.messages]
  const place = messages.findLastIndex((other) => other.number < message.number) + 1
  messages.splice(place, 0, message)
  const kept = messages.slice(-MOST_KEPT)
  return { ...chat, messages: kept, revision, more: chat.more || kept.length < messages.length }
}

/** The same for one that somebody else wrote just now. */
export function heard(chat: ChatState, message: ChatMessageView, myUserId: string | undefined): ChatState {
  const isNew = !chat.messages.some((other) => other.message_id === message.message_id)
  const after = withMessage(chat, message)
  return isNew && !chat.open && counts(message, myUserId) ? { ...after, unread: chat.unread + 1 } : after
}

/** Older messages, asked for. */
export function withOlder(chat: ChatState, page: ChatPage): ChatState {
  const known = new Set(chat.messages.map((message) => message.message_id))
  const older = page.messages.filter((message) => !known.has(message.message_id))
  return { ...chat, messages: [...older, ...chat.messages], more: page.more && page.messages.length > 0 }
}

export function withoutPending(chat: ChatState, nonce: string): ChatState {
  return { ...chat, pending: chat.pending.filter((other) => other.nonce !== nonce) }
}

/** What another person said, or what happened; not our own words from another device. */
function counts(message: ChatMessageView, myUserId: string | undefined): boolean {
  return !message.deleted && message.type !== 'System' && message.user_id !== myUserId
}

export type DraftType = 'Text' | 'Emoji' | 'Link'

const MOST_EMOJI = 64
const emojiAlone = /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\ufe0f|\s)+$/u

/** What a text is, as the server would judge it; in doubt it is text. */
export function typeOf(text: string): DraftType {
  if (/^https?:\/\/\S+$/.test(text) && isSafeAddress(text)) return 'Link'
  const isEmoji = emojiAlone.test(text) && !/[\p{P}\p{L}\n\t]/u.test(text) && [...text].length <= MOST_EMOJI
  return isEmoji ? 'Emoji' : 'Text'
}

export interface TextPart {
  readonly text: string
  /** Where it leads, for an address that leads where it seems to. */
  readonly href?: string
}

/** A text in pieces: what is an http or https address, and what stands between. */
export function partsOf(text: string): readonly TextPart[] {
  const parts: TextPart[] = []
  let end = 0
  for (const found of text.matchAll(/https?:\/\/[^\s<>"']+/g)) {
    const address = found[0].replace(/[.,;:!?)\]}]+$/, '')
    if (!isSafeAddress(address)) continue
    if (found.index > end) parts.push({ text: text.slice(end, found.index) })
    parts.push({ text: address, href: new URL(address).href })
    end = found.index + address.length
  }
  if (end < text.length) parts.push({ text: text.slice(end) })
  return parts
}

/** Without a name before the host (`https://bank@elsewhere`), and never a script. */
export function isSafeAddress(address: string): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, username, password, hostname } = new URL(address)
  return /^https?:$/.test(protocol) && username === '' && password === '' && hostname !== ''
}

/** A message in a few words, for a notice or above its reply. */
export function briefly(message: ChatMessageView, most = 80): string {
  if (message.deleted) return 'a deleted message'
  const text = (message.type === 'File' ? (message.file?.name ?? '') : message.text).replace(/\s+/g, ' ')
  const signs = [...text]
  return signs.length > most ? `${signs.slice(0, most - 1).join('')}…` : text
}
