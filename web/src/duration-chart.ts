import type { AlignedData, Options } from 'uplot'
import { isPass, type PastOutcome } from 'stepcast-client'
import { duration } from './format'

/** The height of the chart in pixels. */
const HEIGHT = 150

/** The space for the durations beside the chart, in pixels: `12 min 05 s` has to fit */
const AXIS_WIDTH = 76

export type Colour = (name: 'accent' | 'failed-fill' | 'muted' | 'line') => string

/** The columns of the chart: the place of the job, its duration, the median, and the duration if the test did not pass. */
export function chartData(past: readonly PastOutcome[], median: number): AlignedData {
  return [
    past.map((_, place) => place),
    past.map(({ duration_ms }) => duration_ms),
    past.map(() => median),
    past.map(({ outcome, duration_ms }) => (isPass(outcome) ? null : duration_ms)),
  ]
}

/** What the chart says, in one sentence. */
export function chartSentence(past: readonly PastOutcome[], median: number): string {
  const durations = past.map(({ duration_ms }) => duration_ms)
  const [shortest, longest] = [Math.min(...durations), Math.max(...durations)]
  const range = `from ${duration(shortest)} to ${duration(longest)}, median ${duration(median)}`
  return `Durations in the last ${past.length} jobs: ${range}`
}

export function chartOptions(width: number, colour: Colour): Options {
  return {
    width,
    height: HEIGHT,
    cursor: { show: false },
    legend: { show: false },
    // Half a job more on each side, so that the first and the last dot are whole.
    scales: {
      x: { time: false, range: (_, first, last) => [first - 0.5, last + 0.5] },
      y: { range: (_, __, longest) => [0, Math.max(1, longest * 1.1)] },
    },
    axes: [
      { show: false },
      {
        size: AXIS_WIDTH,
        stroke: colour('muted'),
        grid: { stroke: colour('line'), width: 1 },
        ticks: { show: false },
        values: (_, splits) => splits.map((split) => duration(split)),
      },
    ],
    series: [
      {},
      { stroke: colour('accent'), width: 1.5, points: { show: true, size: 5, fill: colour('accent') } },
      { stroke: colour('muted'), width: 1, dash: [5, 4], points: { show: false } },
      // Squares would need their own path; the larger disc is told apart by its size and its colour.
      {
        paths: () => null,
        points: { show: true, size: 9, fill: colour('failed-fill'), stroke: colour('failed-fill') },
      },
    ],
  }
}
