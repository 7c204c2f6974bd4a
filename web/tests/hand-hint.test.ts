import { expect, test, vi } from 'vitest'
import { Gestures, type GesturesContext } from '../src/call/gestures'
import { chatText } from '../src/state/chat-export'
import { type HandHint, handHint, noHint } from '../src/state/hand-hint'

/** Looked at five times a second. */
function after(hint: HandHint, speaking: boolean, ms: number): HandHint {
  let now = hint.lookedAt ?? 0
  let result = hint
  for (const end = now + ms; now < end; ) {
    now += 200
    result = handHint(result, speaking, now)
  }
  return result
}

test('who has had their say is asked whether the hand may come down, once they pause', () => {
  const spoken = after(after(noHint, false, 10_000), true, 5_000)
  expect(spoken.suggested).toBe(false)
  expect(after(spoken, false, 2_000).suggested).toBe(false)
  expect(after(spoken, false, 3_200).suggested).toBe(true)
})

test('a word in between is not yet one’s turn, and who never spoke is not asked', () => {
  expect(after(after(noHint, true, 1_000), false, 60_000).suggested).toBe(false)
  expect(after(noHint, false, 60_000).suggested).toBe(false)
})

test('the chat as a text says who, when and to whom, and nothing that was taken back', () => {
  const message = {
    message_id: 'm',
    number: 1,
    revision: 1,
    type: 'Text' as const,
    display_name: 'Ada',
    text: 'Hello',
    sent_at: '2030-01-01T12:00:00Z',
    deleted: false,
  }
  const file = { name: 'a.pdf', url: 'https://example.org/a.pdf' }
  const text = chatText('Daily', [
    message,
    { ...message, to_user_id: 'bob', to_name: 'Bob', text: 'Psst', edited_at: '2030-01-01T12:01:00Z' },
    { ...message, type: 'File' as const, text: '', file },
    { ...message, deleted: true, text: '' },
    { ...message, type: 'System' as const, text: 'Ada locked the room.' },
  ])
  const when = new Date('2030-01-01T12:00:00Z').toLocaleString()
  expect(text.split('\n\n')).toEqual([
    'Daily',
    `[${when}] Ada\nHello`,
    `[${when}] Ada, only to Bob (edited)\nPsst`,
    `[${when}] Ada\na.pdf: https://example.org/a.pdf`,
    `[${when}] Ada\n(deleted)`,
    `[${when}] Ada locked the room.\n`,
  ])
})

test('is asked once: whoever keeps the hand up, lowers it or raises it anew is left alone', () => {
  const request = vi.fn().mockResolvedValue({}) as unknown as GesturesContext['request']
  const nothing = () => undefined
  const gestures = new Gestures({ request, change: nothing, me: () => 'me', warn: nothing, renamed: nothing })
  const speak = (from: number) => {
    for (let at = from; at <= from + 10_000; at += 200) gestures.noteSpeech(at < from + 5_000, at)
    return gestures.lowering.get()
  }
  expect(speak(0)).toBe(false) // no hand is up
  gestures.raiseHand(true)
  expect(speak(20_000)).toBe(true)
  gestures.keepHand()
  expect(gestures.lowering.get()).toBe(false)
  expect(speak(40_000)).toBe(true)
  gestures.raiseHand(false)
  expect([gestures.lowering.get(), speak(60_000)]).toEqual([false, false])
  gestures.close()
})
