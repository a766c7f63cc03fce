import { isProblem } from 'stepcast-client'
import type { Bar, Timeline } from './lanes'

/** Sizes in pixels. */
export const AXIS_HEIGHT = 20
export const LABEL_HEIGHT = 20
export const LANE_HEIGHT = 11
export const BAR_HEIGHT = 9

/** More do not fit on a canvas of a size that a phone can draw */
const MOST_LANES = 150

/** How far from a bar a pointer may be, in pixels */
const REACH = 6

/** The part of the time that is shown, in milliseconds after the job was accepted. */
export interface Span {
  from: number
  to: number
}

/** A worker's place in the drawing, from the top, or that of the tests that run. */
export interface Group {
  label: string
  top: number
  lanes: { top: number; bars: Bar[] }[]
}

export interface Layout {
  groups: Group[]
  height: number
  /** How many workers there was no room for */
  hidden: number
}

export function layoutOf({ workers, running }: Timeline): Layout {
  const groups: Group[] = []
  const all = workers.map(({ worker, lanes }) => ({ label: worker, lanes }))
  if (running !== undefined) all.unshift({ label: 'running', lanes: running.lanes })
  let [top, lanes] = [AXIS_HEIGHT, 0]
  for (const { label, lanes: ofOne } of all) {
    if (groups.length > 0 && lanes + ofOne.length > MOST_LANES) break
    const first = top + LABEL_HEIGHT
    groups.push({
      label,
      top,
      lanes: ofOne.map((bars, place) => ({ top: first + place * LANE_HEIGHT, bars })),
    })
    lanes += ofOne.length
    top = first + ofOne.length * LANE_HEIGHT
  }
  return { groups, height: top, hidden: all.length - groups.length }
}

/** The place of a moment, in pixels from the left. */
export function placeOf(moment: number, { from, to }: Span, width: number): number {
  return ((moment - from) / Math.max(1, to - from)) * width
}

/** A bar and where it is. */
export interface PlacedBar {
  bar: Bar
  left: number
  width: number
  top: number
}

/** The bar at a point or near it. Of several as near, a problem: it is what one looks for. */
export function barAt(layout: Layout, span: Span, width: number, x: number, y: number): PlacedBar | undefined {
  const lanes = layout.groups.flatMap((group) => group.lanes)
  const lane = lanes.find(({ top }) => y >= top && y < top + LANE_HEIGHT)
  let nearest: { bar: Bar; distance: number } | undefined
  for (const bar of lane?.bars ?? []) {
    const [left, right] = [placeOf(bar.from, span, width), placeOf(bar.to, span, width)]
    const distance = Math.max(0, left - x, x - Math.max(right, left + 1))
    if (distance > REACH) continue
    const isNearer = nearest === undefined || distance < nearest.distance
    const isPreferred = distance === nearest?.distance && isProblem(bar.test.outcome)
    if (isNearer || isPreferred) nearest = { bar, distance }
  }
  return nearest && lane && placed(nearest.bar, lane.top, span, width)
}

/** The bar of a test. */
export function barOf(layout: Layout, span: Span, width: number, test: number): PlacedBar | undefined {
  for (const lane of layout.groups.flatMap(({ lanes }) => lanes)) {
    const bar = lane.bars.find((one) => one.test.test === test)
    if (bar !== undefined) return placed(bar, lane.top, span, width)
  }
  return undefined
}

function placed(bar: Bar, top: number, span: Span, width: number): PlacedBar {
  const left = placeOf(bar.from, span, width)
  return { bar, left, width: placeOf(bar.to, span, width) - left, top }
}

const STEPS_MS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000],
  ...[120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 43_200_000, 86_400_000],
]

/** The moments to name on the axis, far enough from each other for their names. */
export function ticksOf({ from, to }: Span, width: number, apart: number): number[] {
  const least = ((to - from) / Math.max(1, width)) * apart
  const step = STEPS_MS.find((one) => one >= least) ?? Math.ceil(least / 86_400_000) * 86_400_000
  const first = Math.ceil(from / step)
  return Array.from({ length: Math.max(0, Math.floor(to / step) - first + 1) }, (_, place) => (first + place) * step)
}
