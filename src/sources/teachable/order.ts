/**
 * Elements in the order that the author gave them: by `position`, those without one last, ties as they came. Positions may
 * have gaps and repeat, and lists arrive shuffled.
 */
export function inSourceOrder<Element>(
  elements: readonly Element[],
  positionOf: (element: Element) => number | null,
): Element[] {
  const position = (element: Element) => positionOf(element) ?? Number.POSITIVE_INFINITY;
  // Infinity - Infinity is NaN, so compare; the sort itself is stable.
  return [...elements].sort((one, other) => {
    if (position(one) === position(other)) return 0;
    return position(one) < position(other) ? -1 : 1;
  });
}
