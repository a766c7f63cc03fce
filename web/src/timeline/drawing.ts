import { isProblem, type Outcome } from 'stepcast-client'
import { duration } from '../format'
import type { Bar } from './lanes'
import { AXIS_HEIGHT, BAR_HEIGHT, LABEL_HEIGHT, LANE_HEIGHT, type Layout, placeOf, type Span, ticksOf } from './layout'

/** The parts of a canvas that are used. */
export type Canvas = Pick<CanvasRenderingContext2D, 'clearRect' | 'fillRect' | 'fillText'> & {
  fillStyle: CanvasRenderingContext2D['fillStyle']
  font: string
}

/** A colour of the page by its name, without the dashes. */
export type Colour = (name: string) => string

/** The pixels between two names on the axis: `12 min 05 s` has to fit */
const TICKS_APART = 84

/** How much lower than a problem a bar without one is, in pixels, so that they are told apart without colours */
const LOWER = 4

/** Longer names are cut, in characters */
const MOST_LABEL = 120

export interface Drawing {
  canvas: Canvas
  layout: Layout
  span: Span
  width: number
  colour: Colour
  font: string
}

/** Draws the axis, the name of each worker, and its tests. Problems come last, so that no other bar hides them. */
export function drawTimeline(drawing: Drawing): void {
  const { canvas, layout, width } = drawing
  canvas.clearRect(0, 0, width, layout.height)
  canvas.font = drawing.font
  drawAxis(drawing)
  for (const { label, top } of layout.groups) {
    canvas.fillStyle = drawing.colour('text')
    canvas.fillText(label.slice(0, MOST_LABEL), 0, top + LABEL_HEIGHT - 6)
  }
  for (const isLast of [false, true]) {
    for (const { lanes } of layout.groups) {
      for (const { bars, top } of lanes) drawLane(drawing, top, bars, isLast)
    }
  }
}

function drawAxis({ canvas, layout, span, width, colour }: Drawing): void {
  for (const tick of ticksOf(span, width, TICKS_APART)) {
    const x = Math.round(placeOf(tick, span, width))
    canvas.fillStyle = colour('line')
    canvas.fillRect(x, AXIS_HEIGHT - 4, 1, layout.height)
    canvas.fillStyle = colour('muted')
    if (x + TICKS_APART <= width) canvas.fillText(tickName(tick), x + 3, AXIS_HEIGHT - 6)
  }
}

/** Of thousands of tests, many share a pixel: what adds nothing to what is drawn is left out. */
function drawLane(
  { canvas, span, width, colour }: Drawing,
  top: number,
  bars: readonly Bar[],
  problems: boolean,
): void {
  let drawn = { right: -1, outcome: undefined as Outcome | undefined }
  const [lower, height] = problems ? [0, BAR_HEIGHT] : [LOWER / 2, BAR_HEIGHT - LOWER]
  const y = top + (LANE_HEIGHT - BAR_HEIGHT) / 2 + lower
  for (const { test, from, to } of bars) {
    const { outcome } = test
    if (isProblem(outcome) !== problems || to < span.from || from > span.to) continue
    const left = Math.max(0, Math.floor(placeOf(from, span, width)))
    const right = Math.min(width, Math.max(left + 1, Math.floor(placeOf(to, span, width))))
    if (right <= drawn.right && outcome === drawn.outcome) continue
    if (outcome === undefined) canvas.fillStyle = colour('accent')
    else if (outcome !== drawn.outcome) canvas.fillStyle = colour(FILLS[outcome])
    if (outcome === undefined) drawOpenBar(canvas, left, y, right - left, height)
    // A bar that is wide enough ends a pixel earlier, so that two bars are not taken for one.
    else canvas.fillRect(left, y, right - left > 3 ? right - left - 1 : right - left, height)
    drawn = { right, outcome }
  }
}

/** A bar that is only an outline and has no end, because the test has none yet. */
function drawOpenBar(canvas: Canvas, left: number, top: number, width: number, height: number): void {
  canvas.fillRect(left, top, 2, height)
  canvas.fillRect(left, top, width, 1)
  canvas.fillRect(left, top + height - 1, width, 1)
}

const FILLS: Record<Outcome, string> = {
  passed: 'passed-fill',
  failed: 'failed-fill',
  errored: 'errored-fill',
  blocked: 'blocked-fill',
  flaky: 'flaky-fill',
  skipped: 'idle-fill',
  cancelled: 'idle-fill',
}

/** `5 s`, `2 min`, `1 min 30 s` */
function tickName(moment: number): string {
  return moment === 0 ? '0' : duration(moment).replace(/\.0(?= s)| 00 (?:s|min)$/, '')
}
