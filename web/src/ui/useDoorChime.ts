import { useEffect, useRef } from 'react'

const TONES_HZ = [660, 880]
const TONE_S = 0.16
const LOUDNESS = 0.08

/** Two soft tones when more people wait at the door than before. */
export function useDoorChime(waiting: number, wanted: boolean): void {
  const before = useRef(0)
  useEffect(() => {
    if (wanted && waiting > before.current) play()
    before.current = waiting
  }, [waiting, wanted])
}

function play(): void {
  if (!('AudioContext' in window)) return
  const context = new AudioContext()
  const end = TONES_HZ.reduce((start, pitch) => tone(context, pitch, start), context.currentTime)
  // Closed with the last tone, or browsers run out of contexts; where sound is not allowed yet nothing plays.
  setTimeout(() => void context.close().catch(() => undefined), (end - context.currentTime + TONE_S) * 1_000)
}

function tone(context: AudioContext, pitch: number, start: number): number {
  const end = start + TONE_S
  const volume = context.createGain()
  volume.gain.setValueAtTime(LOUDNESS, start)
  volume.gain.exponentialRampToValueAtTime(0.001, end)
  const sound = context.createOscillator()
  sound.frequency.value = pitch
  sound.connect(volume).connect(context.destination)
  sound.start(start)
  sound.stop(end)
  return end
}
