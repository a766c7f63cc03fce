/** The middle one of some durations, or the upper of the two in the middle; `undefined` if there are none. */
export function medianOf(durations: readonly number[]): number | undefined {
  return durations.toSorted((one, other) => one - other)[Math.floor(durations.length / 2)]
}
