import { useEffect, useState } from 'react'
import { CodedError } from '../protocol/errors'

export type Asked<T> = { status: 'asking' } | { status: 'known'; value: T } | { status: 'refused'; error: CodedError }

/** What a question is answered with; asked again when `key` changes. An answer that comes too late is dropped. */
export function useAsked<T>(key: string, question: () => Promise<T>): Asked<T> {
  const [asked, setAsked] = useState<{ key: string; answer: Asked<T> }>()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for everything the question is made of
  useEffect(() => {
    let current = true
    question().then(
      (value) => current && setAsked({ key, answer: { status: 'known', value } }),
      (error: unknown) => current && setAsked({ key, answer: { status: 'refused', error: codedOf(error) } }),
    )
    return () => {
      current = false
    }
  }, [key])
  return asked?.key === key ? asked.answer : { status: 'asking' }
}

export function codedOf(error: unknown): CodedError {
  if (error instanceof CodedError) return error
  return new CodedError('INTERNAL', 'The page could not show this.', 'history')
}
