/** The product's mark: an arch that something comes in through. */
export function Mark() {
  return (
    <svg viewBox="0 0 32 32" className="size-7 shrink-0" aria-hidden="true">
      <rect width="32" height="32" rx="7" className="fill-accent" />
      <g
        className="fill-none stroke-on-accent"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      >
        <path d="M8 25V15a8 8 0 0 1 16 0v10" />
        <path d="M16 13v9m-3.6-3.4L16 22.2l3.6-3.6" />
      </g>
    </svg>
  );
}
