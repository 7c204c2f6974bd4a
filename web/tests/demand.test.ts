import { describe, expect, test } from 'vitest'
import { isNoteworthy, priorityOf, sizeOf } from '../src/call/demand'
import { sendOnly } from '../src/call/encodings'

describe('the size a tile says it has', () => {
  test('is in whole device pixels, one at least', () => {
    expect(sizeOf(320.4, 180.2, 2)).toEqual({ width: 641, height: 360 })
    expect(sizeOf(0.1, 0.1, 1)).toEqual({ width: 1, height: 1 })
    expect(sizeOf(30_000, 10, 2)).toEqual({ width: 16_384, height: 20 })
  })

  test('is said again when it changed, not when it trembled', () => {
    const size = { width: 640, height: 360 }
    expect(isNoteworthy(size, undefined)).toBe(true)
    expect(isNoteworthy(size, { width: 650, height: 365 })).toBe(false)
    expect(isNoteworthy(size, { width: 700, height: 360 })).toBe(true)
    expect(isNoteworthy(size, { width: 640, height: 300 })).toBe(true)
  })

  test('makes it more important when it takes most of the page', () => {
    const page = { width: 1280, height: 720 }
    expect(priorityOf({ width: 1000, height: 600 }, page)).toBeGreaterThan(
      priorityOf({ width: 230, height: 130 }, page),
    )
  })
})

describe('sending what is watched', () => {
  function sender(...active: boolean[]) {
    const set: boolean[][] = []
    const encodings = active.map((each) => ({ active: each }))
    const fake = {
      getParameters: () => ({ encodings: encodings.map((each) => ({ ...each })) }),
      setParameters: async (parameters: RTCRtpSendParameters) => {
        set.push(parameters.encodings.map((each) => each.active === true))
      },
    }
    return { sender: fake as unknown as RTCRtpSender, set }
  }

  test('stops each layer that nobody wants and starts each that somebody does', async () => {
    const { sender: one, set } = sender(true, true, false)
    await sendOnly(one, [true, false, true])
    expect(set).toEqual([[true, false, true]])
  })

  test('leaves a sender alone that does so already', async () => {
    const { sender: one, set } = sender(true, false, false)
    await sendOnly(one, [true, false, false])
    expect(set).toEqual([])
  })

  test('sends a single encoding for as long as any of its layers is wanted', async () => {
    const { sender: svc, set } = sender(true)
    await sendOnly(svc, [true, false, false])
    expect(set).toEqual([])
    await sendOnly(svc, [false, false, false])
    expect(set).toEqual([[false]])
  })
})
