import { useEffect, useRef } from 'react'

const BARS = 14

/** Moves with the microphone. Drawn outside React's renders: sixty of them a second would be a waste. */
export function LevelMeter({ read, label }: { read: () => number; label: string }) {
  const meter = useRef<HTMLDivElement>(null)
  useEffect(() => {
    let frame = 0
    let shown = 0
    const draw = () => {
      // Up at once, down slowly: the eye follows a peak better than a flicker.
      shown = Math.max(read(), shown - 0.03)
      const element = meter.current
      if (element) {
        const lit = Math.round(shown * BARS)
        for (const [index, bar] of [...element.children].entries()) bar.classList.toggle('lit', index < lit)
        element.setAttribute('aria-valuenow', String(Math.round(shown * 100)))
      }
      frame = requestAnimationFrame(draw)
    }
    frame = requestAnimationFrame(draw)
    return () => cancelAnimationFrame(frame)
  }, [read])
  return (
    // biome-ignore lint/a11y/useSemanticElements: a <meter> cannot be drawn as bars in every browser
    <div
      ref={meter}
      className="level-meter"
      role="meter"
      aria-label={label}
      aria-valuenow={0}
      aria-valuemin={0}
      aria-valuemax={100}
      data-testid="mic-meter"
    >
      {Array.from({ length: BARS }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the bars never change places
        <span key={index} />
      ))}
    </div>
  )
}
