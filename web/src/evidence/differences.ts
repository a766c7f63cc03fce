import type { Difference, StepDifferences } from 'stepcast-client'

/** More differences are only counted */
export const MOST_DIFFERENCES = 200

/** The differences of an answer as they are shown. */
export interface ShownDifferences {
  /** Those that say something, in the order of the server: the most telling first */
  telling: Difference[]
  /** Those that are there each time the test passes */
  noise: Difference[]
  /** In how many places these are */
  noisePlaces: number
  /** How many differences are not shown */
  leftOut: number
}

/** Noise where a failing check looks is not folded away: the check may fail because of it. */
export function shownDifferences({ differences, left_out }: StepDifferences): ShownDifferences {
  const isNoise = ({ is_noise, is_near }: Difference) => is_noise === true && is_near !== true
  const telling = differences.filter((difference) => !isNoise(difference))
  const noise = differences.filter(isNoise)
  const shown = { telling: telling.slice(0, MOST_DIFFERENCES), noise: noise.slice(0, MOST_DIFFERENCES) }
  return {
    ...shown,
    noisePlaces: noise.reduce((sum, { places }) => sum + places, 0),
    leftOut: left_out + differences.length - shown.telling.length - shown.noise.length,
  }
}
