/** People around a fire: five in a ring, the moot's hearth between them. */
export function Logo({ size = 32, withName = false }: { size?: number; withName?: boolean }) {
  return (
    <span className="logo">
      <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="9" fill="var(--brand)" />
        <g fill="#fff">
          <circle cx="16" cy="6.9" r="2.9" />
          <circle cx="24.65" cy="13.2" r="2.9" />
          <circle cx="21.35" cy="23.35" r="2.9" />
          <circle cx="10.65" cy="23.35" r="2.9" />
          <circle cx="7.35" cy="13.2" r="2.9" />
        </g>
        <circle cx="16" cy="16" r="3.1" fill="#f3b95a" />
      </svg>
      {withName && <span className="logo-name">Folkmoot</span>}
    </span>
  )
}
