import { describe, expect, test } from 'vitest'
import { bestGrid, pageCapacity, stageLayout } from '../src/state/layout'

const sizes = [
  { width: 1280, height: 640 },
  { width: 360, height: 560 },
  { width: 1920, height: 940 },
  { width: 800, height: 800 },
  { width: 320, height: 200 },
]

describe('the grid', () => {
  test.each(sizes)('fits $width by $height whatever the number of people', (area) => {
    for (let count = 1; count <= 49; count++) {
      const { columns, rows, tile } = bestGrid(count, area, 8)
      expect(columns * rows).toBeGreaterThanOrEqual(count)
      expect(columns * tile.width + (columns - 1) * 8).toBeLessThanOrEqual(area.width)
      expect(rows * tile.height + (rows - 1) * 8).toBeLessThanOrEqual(area.height)
    }
  })

  test('never makes a tile wider than 16:9 or narrower than a square', () => {
    for (const area of sizes) {
      for (let count = 1; count <= 20; count++) {
        const { tile } = bestGrid(count, area)
        expect(tile.width / tile.height).toBeGreaterThan(0.97)
        expect(tile.width / tile.height).toBeLessThan(1.82)
      }
    }
  })

  test('puts two people side by side in a wide window and one above the other on a phone', () => {
    expect(bestGrid(2, { width: 1280, height: 640 }).columns).toBe(2)
    expect(bestGrid(2, { width: 360, height: 560 }).columns).toBe(1)
  })

  test('shows tiles at least as large as any other number of columns would', () => {
    const area = { width: 1000, height: 700 }
    const { tile } = bestGrid(7, area, 0)
    // Three columns of three rows: 333 by 233.
    expect(tile.width).toBeGreaterThanOrEqual(333)
  })

  test('survives a window without any room', () => {
    expect(bestGrid(3, { width: 0, height: 0 }).tile).toEqual({ width: 0, height: 0 })
  })
})

describe('a page of the grid', () => {
  test('holds as many as stay recognisable, and never none', () => {
    expect(pageCapacity({ width: 100, height: 100 })).toBe(1)
    const capacity = pageCapacity({ width: 1280, height: 640 })
    expect(bestGrid(capacity, { width: 1280, height: 640 }).tile.width).toBeGreaterThanOrEqual(160)
    expect(capacity).toBeGreaterThan(12)
  })

  test('is capped', () => {
    expect(pageCapacity({ width: 10_000, height: 10_000 })).toBe(49)
  })
})

describe('beside a shared screen', () => {
  test('people stand at the side of a wide window and below in a tall one', () => {
    expect(stageLayout({ width: 1280, height: 640 }).strip).toBe('side')
    expect(stageLayout({ width: 360, height: 560 }).strip).toBe('bottom')
  })

  test('the strip holds what fits along it', () => {
    const { capacity, tile } = stageLayout({ width: 1280, height: 640 }, 8)
    expect(capacity * tile.height + (capacity - 1) * 8).toBeLessThanOrEqual(640)
    expect((capacity + 1) * tile.height + capacity * 8).toBeGreaterThan(640)
  })
})
