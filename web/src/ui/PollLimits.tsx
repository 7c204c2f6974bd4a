interface LimitProps {
  /** Undefined: as it is usual. */
  readonly value: number | undefined
  readonly onChange: (value: number | undefined) => void
}

/** How many of several options one may choose. */
export function MostChoices({ value, onChange, options }: LimitProps & { options: number }) {
  const limits = Array.from({ length: Math.max(0, options - 2) }, (_, index) => index + 2)
  return (
    <label className="field">
      How many each may choose
      <select
        value={value === undefined || value >= options ? '' : value}
        data-testid="poll-most-choices"
        onChange={(event) => onChange(Number(event.target.value) || undefined)}
      >
        <option value="">As many as they like</option>
        {limits.map((limit) => (
          <option key={limit} value={limit}>
            At most {limit}
          </option>
        ))}
      </select>
    </label>
  )
}

const USUAL_STEPS = 5
const STEPS = [2, 3, 4, 5, 6, 7, 8, 9, 10] as const

/** How far a rating goes. */
export function Steps({ value, onChange }: LimitProps) {
  return (
    <label className="field">
      Best rating
      <select
        value={value ?? USUAL_STEPS}
        data-testid="poll-steps"
        onChange={(event) => onChange(Number(event.target.value))}
      >
        {STEPS.map((steps) => (
          <option key={steps} value={steps}>
            {steps}
          </option>
        ))}
      </select>
    </label>
  )
}
