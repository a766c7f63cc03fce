// @vitest-environment happy-dom

import type { VueWrapper } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Event } from 'stepcast-client'
import { Replay } from 'stepcast-client/dashboard'
import { recordedRun } from 'stepcast-client/testing'
import type * as Lanes from '../timeline/lanes'
import { timelineOf } from '../timeline/lanes'
import JobPage from './JobPage.vue'
import { giveBoxesASize, nextFrame, press, show } from './testing'

vi.mock('../timeline/lanes', async (original) => {
  const lanes = await original<typeof Lanes>()
  return { ...lanes, timelineOf: vi.fn(lanes.timelineOf) }
})

beforeEach(() => {
  giveBoxesASize()
  vi.mocked(timelineOf).mockClear()
  location.hash = '#/jobs/j1'
})

const HOSTILE = '<img src=x onerror="window.ran = 1">'

async function shownJob(recording: Event[], played = Infinity) {
  const replay = new Replay(recording)
  replay.play(played)
  const { page } = show(JobPage, replay, { job: 'j1' })
  await nextFrame()
  return { page, replay }
}

async function open(page: VueWrapper): Promise<void> {
  const timeline = page.get('[data-testid="timeline"]')
  ;(timeline.element as HTMLDetailsElement).open = true
  await timeline.trigger('toggle')
  await vi.waitFor(() => expect(page.find('.timeline-view').exists()).toBe(true))
  await nextFrame()
}

/** Presses the first lane at this distance from its left; it is 1000 pixels wide. */
async function pressBar(page: VueWrapper, offsetX: number): Promise<void> {
  const press = new MouseEvent('click', { bubbles: true })
  Object.defineProperties(press, { offsetX: { value: offsetX }, offsetY: { value: 44 } })
  page.get('[data-testid="timeline-canvas"]').element.dispatchEvent(press)
  await nextFrame()
}

const rows = (page: VueWrapper) =>
  page.findAll('[data-testid="timeline-table"] tbody tr').map((row) => row.findAll('th, td').map((cell) => cell.text()))

/** A job whose only test waits for a worker. */
const planned = ((): Event[] => {
  const [accepted, plan] = recordedRun({ tests: 1 }) as [Event, Event]
  return [
    accepted,
    plan,
    { type: 'test.state', at: '', job: 'j1', v: 1, test: 0, name: 'A', status: 'queued', attempt: 0, steps: [] },
  ]
})()

describe('the timeline of a job', () => {
  it('costs nothing while it is closed', async () => {
    // Loaded before, so that nothing waits for it.
    await import('./TimelineView.vue')
    const { page } = await shownJob(recordedRun({ tests: 8, workers: 2 }))
    await nextFrame()
    expect(timelineOf).not.toHaveBeenCalled()
    expect(page.get('[data-testid="timeline"]').attributes('open')).toBeUndefined()
    expect(page.find('.timeline-view').exists()).toBe(false)
    await open(page)
    expect(timelineOf).toHaveBeenCalledTimes(1)
    const timeline = page.get('[data-testid="timeline"]')
    ;(timeline.element as HTMLDetailsElement).open = false
    await timeline.trigger('toggle')
    expect(page.find('.timeline-view').exists()).toBe(false)
  })

  it('is a table of the workers too, and names the longest tests with links', async () => {
    const durationOf = (test: number) => (test === 4 ? 900 : 20)
    const { page } = await shownJob(recordedRun({ tests: 8, workers: 2, paceMs: 1000, durationOf }))
    await open(page)
    expect(rows(page)).toEqual([
      ['worker-0', '4', '960 ms', '980 ms', '7.0 s'],
      ['worker-1', '4', '80 ms', '2.0 s', '8.0 s'],
    ])
    const longest = page.findAll('.longest li')
    expect(longest[0]?.text().replaceAll(/\s+/g, ' ')).toBe('Page 5, 900 ms, failed')
    expect(longest[0]?.get('a').attributes('href')).toBe('#/jobs/j1?test=4')
    expect(page.get('[data-testid="timeline-canvas"]').attributes('aria-label')).toBe(
      '8 tests ended in 2 workers in 8.0 s; they were busy for 7 % of that time',
    )
  })

  it('follows a running job, but draws it no more than once a second', async () => {
    const { page, replay } = await shownJob(recordedRun({ tests: 9, workers: 1 }), 2 + 5)
    await open(page)
    expect(rows(page)[0]?.[1]).toBe('1')
    for (let test = 1; test < 9; test += 1) {
      replay.play(5)
      await nextFrame()
    }
    expect(vi.mocked(timelineOf).mock.calls.length).toBeLessThanOrEqual(2)
    await vi.waitFor(() => expect(rows(page)[0]?.[1]).toBe('9'), { timeout: 3000 })
    expect(vi.mocked(timelineOf).mock.calls.length).toBeLessThanOrEqual(3)
  })

  it('shows the tests that run, from when they were first seen', async () => {
    const { page, replay } = await shownJob(recordedRun({ tests: 3, workers: 1, paceMs: 10_000 }), 2 + 5 + 1)
    await open(page)
    expect(rows(page)).toEqual([
      ['running', '1', '', '10.0 s', 'not yet'],
      ['worker-0', '1', '10.0 s', '0 ms', '10.0 s'],
    ])
    const [running] = page.findAll('.longest')
    expect(running?.text()).toMatch(/^Page 2, \d+ ms, running$/)
    expect(running?.get('a').attributes('href')).toBe('#/jobs/j1?test=1')
    expect(page.get('.legend').text()).toContain('running')
    // It goes on without news.
    await vi.waitFor(() => expect(running?.text()).toMatch(/^Page 2, [12]\.\d s, running$/), { timeout: 4000 })
    replay.play()
    await vi.waitFor(() => expect(rows(page).map(([first]) => first)).toEqual(['worker-0']), { timeout: 3000 })
  })

  it('says which test a bar is when it is pressed, and leads to it', async () => {
    const { page } = await shownJob(recordedRun({ tests: 2, workers: 1, paceMs: 100, nameOf: () => HOSTILE }))
    await open(page)
    const said = page.get('[data-testid="timeline-test"]')
    expect(said.text()).toContain('Press a bar')
    await pressBar(page, 750)
    expect(said.text().replaceAll(/\s+/g, ' ')).toBe(`${HOSTILE} failed, began after 100 ms, took 100 ms`)
    expect(said.get('a').attributes('href')).toBe('#/jobs/j1?test=1')
    expect(page.find('.timeline-view img').exists()).toBe(false)
  })

  it('says it also while other tests end', async () => {
    const { page, replay } = await shownJob(recordedRun({ tests: 5, workers: 1, paceMs: 100 }), 2 + 5)
    await open(page)
    await pressBar(page, 500)
    expect(page.get('[data-testid="timeline-test"]').text()).toContain('Page 1')
    replay.play()
    await vi.waitFor(() => expect(rows(page)[0]?.[1]).toBe('5'), { timeout: 3000 })
    expect(page.get('[data-testid="timeline-test"]').text()).toContain('Page 1')
    expect(page.get('.pointed').attributes('style')).toContain('width: 200px')
  })

  it('shows a part of the time, by buttons', async () => {
    const { page } = await shownJob(recordedRun({ tests: 4, workers: 1, paceMs: 100 }))
    await open(page)
    const disabled = () =>
      page.findAll('.zoom button').flatMap((one) => (one.attributes('disabled') === undefined ? [] : [one.text()]))
    expect(disabled()).toEqual(['Wider', '‹ Earlier', 'Later ›'])
    await press(page, 'Closer')
    expect(disabled()).toEqual([])
    await press(page, 'Later ›')
    expect(disabled()).toEqual(['Later ›'])
    await press(page, 'Wider')
    expect(disabled()).toEqual(['Wider', '‹ Earlier', 'Later ›'])
    for (let times = 0; times < 4; times += 1) await press(page, 'Closer')
    expect(disabled()).toEqual(['Closer'])
  })

  it.each([
    ['when no test has begun', planned, Infinity, 'No test has begun yet.'],
    ['of an older server', recordedRun({ tests: 2 }), Infinity, 'It is not known when the tests of this job ran.'],
  ])('says why it is empty %s', async (_, recording, played, text) => {
    const { page } = await shownJob(recording, played)
    await open(page)
    expect(page.get('.timeline-view').text()).toBe(text)
  })

  it('counts the tests that are not in it', async () => {
    const recording = recordedRun({ tests: 3, workers: 1 }).map((event): Event => {
      if (event.type !== 'test.finished' || event.test !== 2) return event
      const { ran, ...without } = event
      return without
    })
    const { page } = await shownJob(recording)
    await open(page)
    expect(page.get('.timeline-view').text()).toContain('Not in it: 1 test that did not run')
  })
})
