import type { ChatMessageView } from '../protocol/messages'

/** The chat as a text to keep: a line says who and when, and what they wrote stands under it. */
export function chatText(title: string, messages: readonly ChatMessageView[]): string {
  return [title, ...messages.map(entry)].join('\n\n').concat('\n')
}

function entry(message: ChatMessageView): string {
  const when = new Date(message.sent_at).toLocaleString()
  if (message.type === 'System') return `[${when}] ${message.text}`
  const only = message.to_user_id == null ? '' : `, only to ${message.to_name ?? 'one person'}`
  const edited = message.edited_at == null || message.deleted ? '' : ' (edited)'
  return [`[${when}] ${message.display_name}${only}${edited}`, ...said(message)].join('\n')
}

function said(message: ChatMessageView): string[] {
  if (message.deleted) return ['(deleted)']
  const file = message.file ? [`${message.file.name}: ${message.file.url}`] : []
  return [...(message.text === '' ? [] : [message.text]), ...file]
}
