// @vitest-environment happy-dom

import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Event, Outcome } from 'stepcast-client'
import { Replay } from 'stepcast-client/dashboard'
import { recordedRun } from 'stepcast-client/testing'
import App from './App.vue'
import { byId, giveBoxesASize, nextFrame, press, show } from './testing'

vi.mock('uplot', () => ({ default: vi.fn() }))

beforeEach(giveBoxesASize)

const [TRACE, SPAN] = ['01a204ca7e737669986a23dcf2aa3073', 'b7ad6b7169203331']
const TRACEPARENT = `00-${TRACE}-${SPAN}-01`

/** Shows a test whose step, also in the attempt before, has `traceparent`. */
async function shown(
  traceparent: string | undefined,
  { hash = '#/jobs/j1/tests/0', outcome = 'failed' as Outcome } = {},
) {
  location.hash = hash
  const moreOf = () => (traceparent === undefined ? {} : { traceparent })
  const events = recordedRun({ tests: 1, outcomeOf: () => outcome, moreOf }).map((event): Event => {
    if (event.type !== 'test.finished') return event
    const { steps } = event
    const first = { attempt: 1, outcome: 'failed', duration_ms: 20, reason: 'a check did not hold', steps } as const
    return { ...event, attempt: 2, earlier: [first] }
  })
  const replay = new Replay(events)
  const { page } = show(App, replay)
  replay.play()
  await nextFrame()
  return page
}

describe('the trace of a step', () => {
  it.each(['#/jobs/j1/tests/0', '#/jobs/j1?test=0'])('is shown with both ids, in each attempt: %s', async (hash) => {
    const page = await shown(TRACEPARENT, { hash })
    const ids = byId(page, 'trace').map((trace) => trace.findAll('code').map((id) => id.text()))
    expect(ids).toEqual([
      [TRACE, SPAN],
      [TRACE, SPAN],
    ])
    const words = byId(page, 'trace')[0]?.text().replaceAll(/\s+/g, ' ')
    expect(words).toBe(`Trace ${TRACE}Copy the trace idspan ${SPAN}`)
  })

  it('is shown of a step that passed too', async () => {
    const page = await shown(TRACEPARENT, { outcome: 'passed' })
    expect(byId(page, 'check-failure')).toHaveLength(0)
    expect(byId(page, 'trace')).not.toHaveLength(0)
  })

  it('is copied, and said to be', async () => {
    const writeText = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
    const page = await shown(TRACEPARENT)
    await press(page, 'Copy the trace id')
    expect(writeText).toHaveBeenCalledWith(TRACE)
    const said = page.get('[data-testid="trace"] [role="status"]')
    expect(said.text()).toBe('The trace id is copied')
    expect(said.classes()).toContain('visually-hidden')
    writeText.mockRejectedValue(new Error('no'))
    await press(page, 'Copied the trace id')
    expect(said.text()).toBe('The browser does not let this page copy. Select the trace id instead.')
    expect(said.classes()).not.toContain('visually-hidden')
  })

  it.each([
    undefined,
    '',
    TRACEPARENT.slice(1),
    `${TRACEPARENT}"><script>window.ran = 1</script>`,
    `00-<img src=x onerror="window.ran = 1">-${SPAN}-01`,
    `javascript:window.ran=1//${TRACEPARENT}`,
    '-'.repeat(100_000),
  ])('is not there if it is malformed: %.60j', async (malformed) => {
    const page = await shown(malformed)
    expect(byId(page, 'trace')).toHaveLength(0)
    expect(byId(page, 'check-failure')).toHaveLength(2)
    expect(page.get('[data-testid="test-page"]').text()).not.toContain('Trace')
    expect(window).not.toHaveProperty('ran')
  })
})
