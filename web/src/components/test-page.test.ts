// @vitest-environment happy-dom

import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Command, Event } from 'stepcast-client'
import { Replay } from 'stepcast-client/dashboard'
import { recordedRun } from 'stepcast-client/testing'
import App from './App.vue'
import { byId, giveBoxesASize, nextFrame, press, show } from './testing'

/** The test environment cannot draw. */
const drawn = vi.hoisted(() => [] as unknown[][])
vi.mock('uplot', () => ({
  default: class {
    width = 1000
    constructor(...given: unknown[]) {
      drawn.push(given)
    }
    destroy() {}
  },
}))

beforeEach(() => {
  giveBoxesASize()
  drawn.length = 0
})

const past = (job: string, outcome: 'passed' | 'failed', duration_ms: number) => ({
  job,
  outcome,
  duration_ms,
  at: '2025-11-21T09:00:00.000Z',
})

/** Opens the address of a test, with a history of each test. */
async function shownTest(test: number, recording = recordedRun({ tests: 8 })) {
  location.hash = `#/jobs/j1/tests/${test}`
  const asked: Command[] = []
  const answer = (command: Command): Event | undefined => {
    if (command.action !== 'history') return undefined
    asked.push(command)
    const outcomes = [past('j0', 'failed', 400), past('j-1', 'passed', 100), past('j-2', 'passed', 120)]
    return { type: 'history', at: '', suite: 'Shop smoke', tests: [{ name: command.test ?? '', outcomes }] }
  }
  const replay = new Replay(recording, { answer })
  const { page } = show(App, replay)
  replay.play()
  await nextFrame()
  return { page, asked }
}

describe("a test's own page", () => {
  it('shows its steps, checks and outcome, and the way back', async () => {
    const { page } = await shownTest(1)
    const test = page.get('[data-testid="test-page"]')
    expect(test.get('h1').text()).toBe('Page 2')
    expect(test.get('.facts-line').text()).toContain('failed')
    expect(byId(page, 'check-failure')[0]?.text()).toContain('`Welcom`')
    const trail = page.findAll('.trail a').map((link) => [link.text(), link.attributes('href')])
    expect(trail).toEqual([
      ['Jobs', '#/'],
      ['Shop smoke', '#/jobs/j1'],
    ])
    expect(page.get('.failures a').attributes('href')).toBe('#/jobs/j1?test=1')
    expect(document.title).toBe('failed · Page 2 · Shop smoke · Stepcast')
    expect(byId(page, 'test-list')).toHaveLength(0)
  })

  it('goes to the next and the previous failure, by button and by key', async () => {
    const { page } = await shownTest(1)
    expect(page.text()).toContain('Failure 1 of 3')
    await press(page, 'Next failure ›')
    expect(location.hash).toBe('#/jobs/j1/tests/4')
    const key = (name: string, options = {}) => {
      window.dispatchEvent(new KeyboardEvent('keydown', { key: name, ...options }))
      return nextFrame()
    }
    await key('n')
    expect(location.hash).toBe('#/jobs/j1/tests/7')
    await key('n', { ctrlKey: true })
    expect(location.hash).toBe('#/jobs/j1/tests/7')
    await key('p')
    expect(location.hash).toBe('#/jobs/j1/tests/4')
    expect(page.get('h1').text()).toBe('Page 5')
    expect(page.get('.test-alone [role="status"]').text()).toBe('Page 5: failed')
  })

  it('offers no other failure if there is none', async () => {
    const { page } = await shownTest(0, recordedRun({ tests: 2, outcomeOf: () => 'passed' }))
    expect(page.text()).toContain('No test fails')
    expect(page.findAll('.failures button').map((button) => button.attributes('disabled'))).toEqual(['', ''])
  })

  it('shows the last jobs as a strip, a chart and a table', async () => {
    const { page, asked } = await shownTest(1)
    await vi.waitFor(() => expect(byId(page, 'duration-chart')).toHaveLength(1))
    expect(asked).toEqual([{ action: 'history', suite: 'Shop smoke', branch: 'main', test: 'Page 2', limit: 50 }])
    expect(page.findAll('.bars a').map((bar) => bar.attributes('href'))).toEqual([
      '#/jobs/j-2',
      '#/jobs/j-1',
      '#/jobs/j0',
    ])
    expect(drawn[0]?.[1]).toEqual([
      [0, 1, 2],
      [120, 100, 400],
      [120, 120, 120],
      [null, null, 400],
    ])
    expect(byId(page, 'duration-chart')[0]?.attributes('aria-label')).toBe(
      'Durations in the last 3 jobs: from 100 ms to 400 ms, median 120 ms',
    )
    const rows = page
      .findAll('[data-testid="past-table"] tbody tr')
      .map((row) => row.findAll('td').map((cell) => cell.text()))
    expect(rows.map(([, outcome, lasted]) => `${outcome} ${lasted}`)).toEqual([
      'failed 400 ms',
      'passed 100 ms',
      'passed 120 ms',
    ])
  })

  it('says so if the job has no such test', async () => {
    const { page } = await shownTest(77)
    expect(page.get('h1').text()).toBe('This job has no such test')
    expect(page.get('.empty a').attributes('href')).toBe('#/jobs/j1')
  })
})
