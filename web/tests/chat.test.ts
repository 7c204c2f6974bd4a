import { describe, expect, test } from 'vitest'
import { Chat } from '../src/call/chat'
import { CodedError } from '../src/protocol/errors'
import type { ChatMessageView, ChatPage } from '../src/protocol/messages'
import { briefly, emptyChat, entered, heard, partsOf, typeOf, withMessage, withOlder } from '../src/state/chat'

function message(number: number, change: Partial<ChatMessageView> = {}): ChatMessageView {
  return {
    message_id: `m${number}`,
    number,
    revision: number,
    type: 'Text',
    participant_id: 'p-bob',
    user_id: 'bob',
    display_name: 'Bob',
    text: `text ${number}`,
    sent_at: '2030-01-01T12:00:00+00:00',
    deleted: false,
    ...change,
  }
}

function page(messages: ChatMessageView[], change: Partial<ChatPage> = {}): ChatPage {
  return { messages, revision: Math.max(0, ...messages.map((each) => each.revision)), more: false, ...change }
}

const texts = (chat: { messages: readonly ChatMessageView[] }) => chat.messages.map((each) => each.text)

describe('the chat', () => {
  test('stands in the order of numbers, whatever order it is heard in', () => {
    const chat = [3, 1, 2].map((number) => message(number)).reduce(withMessage, emptyChat)
    expect(texts(chat)).toEqual(['text 1', 'text 2', 'text 3'])
    expect(chat.revision).toBe(3)
  })

  test('keeps the later of two states of a message', () => {
    const edited = message(1, { revision: 5, text: 'edited' })
    for (const order of [
      [message(1), edited],
      [edited, message(1)],
    ]) {
      expect(texts(order.reduce(withMessage, emptyChat))).toEqual(['edited'])
    }
  })

  test('counts as unread what others say while it is closed, once', () => {
    let chat = heard(emptyChat, message(1), 'ada')
    chat = heard(chat, message(1), 'ada')
    chat = heard(chat, message(2, { user_id: 'ada' }), 'ada')
    chat = heard(chat, message(3, { type: 'System', user_id: null }), 'ada')
    expect(chat.unread).toBe(1)
    expect(heard({ ...chat, open: true, unread: 0 }, message(4), 'ada').unread).toBe(0)
  })

  test('what was said before one came is not unread; what was missed is', () => {
    const first = entered(emptyChat, page([message(1), message(2)]), 'ada')
    expect(first.unread).toBe(0)
    const back = entered(first, page([message(1, { revision: 3, text: 'new' }), message(4)], { since: 2 }), 'ada')
    expect([texts(back), back.unread, back.revision]).toEqual([['new', 'text 2', 'text 4'], 1, 4])
  })

  test('is replaced by its end when the server does not know what was missed', () => {
    const first = entered(emptyChat, page([message(1)]), 'ada')
    const back = entered(first, page([message(90), message(91)], { more: true }), 'ada')
    expect([texts(back), back.more, back.unread]).toEqual([['text 90', 'text 91'], true, 2])
  })

  test('grows backwards', () => {
    const chat = withOlder(
      entered(emptyChat, page([message(3)], { more: true }), 'ada'),
      page([message(1), message(2)]),
    )
    expect([texts(chat), chat.more]).toEqual([['text 1', 'text 2', 'text 3'], false])
  })
})

describe('a text', () => {
  test.each([
    ['👍🏽', 'Emoji'],
    ['❤️ 🎉', 'Emoji'],
    ['12', 'Text'],
    ['‼', 'Text'],
    ['ok 👍', 'Text'],
    ['https://example.org/a', 'Link'],
    ['see https://example.org', 'Text'],
    ['https://me@example.org', 'Text'],
    ['javascript:alert(1)', 'Text'],
  ])('%s is %s', (text, type) => {
    expect(typeOf(text)).toBe(type)
  })

  test('leads where it says, and nowhere else', () => {
    const links = (text: string) => partsOf(text).flatMap((part) => part.href ?? [])
    expect(links('see https://example.org/a?b=(c), or http://x.example.')).toEqual([
      'https://example.org/a?b=(c',
      'http://x.example/',
    ])
    expect(links('javascript:alert(1) data:text/html,x <a href="https://a.example">')).toEqual(['https://a.example/'])
    expect(links('https://bank.example@evil.example/ https://[half')).toEqual([])
  })

  test('loses nothing by being cut into pieces', () => {
    const text = 'a https://example.org, b\nc https://bank@evil.example d'
    expect(
      partsOf(text)
        .map((part) => part.text)
        .join(''),
    ).toBe(text)
  })

  test('is told briefly without being cut in half signs', () => {
    expect(briefly(message(1, { text: '👍'.repeat(100) }), 10)).toBe(`${'👍'.repeat(9)}…`)
    expect(briefly(message(1, { deleted: true, text: '' }))).toBe('a deleted message')
  })
})

class Server {
  readonly asked: { name: string; payload: Record<string, unknown> }[] = []
  answer: (payload: Record<string, unknown>) => Promise<unknown> = () => Promise.resolve(message(1))
  readonly said: string[] = []

  chat(): Chat {
    return new Chat({
      request: (name, payload) => {
        this.asked.push({ name, payload: payload as Record<string, unknown> })
        return this.answer(payload as Record<string, unknown>) as never
      },
      me: () => 'p-ada',
      userId: () => 'ada',
      say: (text) => this.said.push(text),
      warn: (text) => this.said.push(`! ${text}`),
    })
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve))

describe('sending', () => {
  test('shows what is on its way until it has arrived', async () => {
    const server = new Server()
    const chat = server.chat()
    chat.write({ text: ' Hello ' })
    chat.send()
    expect(chat.state.get().pending.map((each) => each.draft.text)).toEqual(['Hello'])
    expect(chat.draft.get().text).toBe('')
    await settled()
    expect(chat.state.get().pending).toEqual([])
    expect(chat.state.get().messages).toHaveLength(1)
    expect(server.asked[0]?.payload).toMatchObject({ type: 'Text', text: 'Hello' })
  })

  test('says again, under the same mark, what a lost connection swallowed', async () => {
    const server = new Server()
    const chat = server.chat()
    server.answer = () => Promise.reject(new CodedError('DISCONNECTED', '', 'chat:send'))
    chat.write({ text: 'Hello' })
    chat.send()
    await settled()
    expect(chat.state.get().pending[0]?.failed).toBe(false)
    server.answer = () => Promise.resolve(message(2, { user_id: 'ada', text: 'Hello' }))
    chat.enter(page([]))
    await settled()
    expect(chat.state.get().pending).toEqual([])
    expect(new Set(server.asked.map((each) => each.payload['nonce'])).size).toBe(1)
  })

  test('keeps what the server refuses, with its reason, to be tried again or given up', async () => {
    const server = new Server()
    const chat = server.chat()
    server.answer = () => Promise.reject(new CodedError('ACCESS_DENIED', 'Switched off.', 'chat:send'))
    chat.write({ text: 'Hello' })
    chat.send()
    await settled()
    const [pending] = chat.state.get().pending
    expect([pending?.failed, server.said]).toEqual([true, ['! Switched off.']])
    chat.giveUp(pending?.nonce ?? '')
    expect(chat.state.get().pending).toEqual([])
  })

  test('a reply to a private message is private too', () => {
    const chat = new Server().chat()
    chat.reply(message(1, { to_participant_id: 'p-ada', to_user_id: 'ada' }))
    expect(chat.draft.get().to).toBe('p-bob')
    chat.reply(message(2))
    expect(chat.draft.get().to).toBeUndefined()
  })

  test('what is deleted is neither answered nor edited any more', () => {
    const chat = new Server().chat()
    chat.edit(message(1, { user_id: 'ada' }))
    chat.hear({ type: 'chat:deleted', data: message(1, { revision: 2, deleted: true, text: '' }) })
    expect(chat.draft.get().editing).toBeUndefined()
  })

  test('what comes while the panel is closed is said', () => {
    const server = new Server()
    const chat = server.chat()
    chat.hear({ type: 'chat:message', data: message(1) })
    chat.setOpen(true)
    chat.hear({ type: 'chat:message', data: message(2) })
    chat.setOpen(false)
    const system = { type: 'System', user_id: null, text: 'Bob switched the chat off.' } as const
    chat.hear({ type: 'chat:message', data: message(3, system) })
    chat.hear({ type: 'chat:message', data: message(4, { ...system, participant_id: 'p-ada' }) })
    expect(server.said).toEqual(['Bob: text 1', 'Bob switched the chat off.'])
  })
})
