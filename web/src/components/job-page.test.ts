// @vitest-environment happy-dom

import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { CheckResult, Command, EarlierAttempt, Event, StepState } from '../client/protocol'
import { Replay } from '../client/replay'
import { recordedRun } from '../client/testing/recorded-run'
import JobPage from './JobPage.vue'
import { byId, giveBoxesASize, nextFrame, show } from './testing'

beforeEach(giveBoxesASize)

async function shownJob(recording: Event[], props = {}) {
  const replay = new Replay(recording)
  replay.play(2)
  const { page } = show(JobPage, replay, { job: 'j1', ...props })
  await nextFrame()
  return { page, replay }
}

describe('a job page', () => {
  it('follows the job from its plan to its verdict', async () => {
    const { page, replay } = await shownJob(recordedRun({ tests: 3 }))
    expect(byId(page, 'verdict')[0]?.text()).toContain('running')

    replay.play(1)
    await nextFrame()
    expect(byId(page, 'test-row').map((row) => row.text())).toEqual([expect.stringContaining('running')])

    replay.play()
    await nextFrame()
    expect(byId(page, 'verdict')[0]?.text()).toContain('failed')
    const rows = byId(page, 'test-row').map((row) => row.find('.word').text() + ' ' + row.find('.name').text())
    expect(rows).toEqual(['failed Page 2', 'passed Page 1', 'passed Page 3'])
    expect(page.text()).not.toContain('have not arrived yet')
  })

  it('shows the expected value, the actual value and the hint of a failed check', async () => {
    const { page, replay } = await shownJob(recordedRun({ tests: 3 }), { selected: 1 })
    replay.play()
    await nextFrame()
    const failures = byId(page, 'check-failure')
    expect(failures).toHaveLength(1)
    for (const text of ['css h1 text', 'equals `Welcome`', '`Welcom`', '`h1` was found once']) {
      expect(failures[0]?.text()).toContain(text)
    }
  })

  it('shows the number of the try of a polled step', async () => {
    const asked = recordedRun({ tests: 1 }).flatMap((event): Event[] => {
      if (event.type === 'step.finished' || event.type === 'test.finished') return []
      if (event.type !== 'step.started') return [event]
      return [event, { ...event, tries: 3, v: (event.v ?? 0) + 1 }]
    })
    const { page, replay } = await shownJob(asked, { selected: 0 })
    replay.play()
    await nextFrame()
    expect(page.find('.steps').text()).toContain('try 3')
  })

  it('shows why tests fail, and then only the tests that fail for one reason', async () => {
    const { page, replay } = await shownJob(recordedRun({ tests: 8 }))
    expect(byId(page, 'causes')).toHaveLength(0)
    replay.play()
    await nextFrame()
    const failing = byId(page, 'test-row').filter((row) => row.text().startsWith('failed')).length
    const cause = page.find('[data-testid="causes"] button')
    expect(cause.text()).toMatch(new RegExp(`^${failing}\\s*css h1 text: actual`))
    await cause.trigger('click')
    await nextFrame()
    expect(byId(page, 'test-row')).toHaveLength(failing)
    expect(cause.attributes('aria-pressed')).toBe('true')
    await cause.trigger('click')
    await nextFrame()
    expect(byId(page, 'test-row')).toHaveLength(8)
  })

  it('opens the next and the previous failure, by button and by key', async () => {
    const { page, replay } = await shownJob(recordedRun({ tests: 8 }), { selected: 0 })
    replay.play()
    await nextFrame()
    const failing = byId(page, 'test-row').filter((row) => row.text().startsWith('failed'))
    const addresses = failing.map((row) => `#/jobs/j1/tests/${row.attributes('id')?.replace('test-', '')}`)
    expect(addresses.length).toBeGreaterThan(1)
    await page.find('[aria-keyshortcuts="n"]').trigger('click')
    expect(location.hash).toBe(addresses[0])
    await page.find('.panes').trigger('keydown', { key: 'p' })
    expect(location.hash).toBe(addresses.at(-1))
  })

  it('shows how a test ended in earlier jobs, the newest last', async () => {
    const asked: Command[] = []
    const outcomes = [
      { job: 'j0', outcome: 'failed', duration_ms: 400, at: '2025-11-21T09:00:00.000Z' } as const,
      { job: 'j-1', outcome: 'passed', duration_ms: 100, at: '2025-11-20T09:00:00.000Z' } as const,
    ]
    const answer = (command: Command): Event | undefined => {
      if (command.action !== 'history') return undefined
      asked.push(command)
      return { type: 'history', at: '', suite: 'Shop smoke', tests: [{ name: 'Page 1', outcomes: [...outcomes] }] }
    }
    const replay = new Replay(recordedRun({ tests: 1 }), { answer })
    replay.play()
    const { page } = show(JobPage, replay, { job: 'j1', selected: 0 })
    await vi.waitFor(() => expect(page.find('[data-testid="test-past"] p').text()).toContain('2 jobs'))
    const history = { suite: 'Shop smoke', branch: 'main', test: 'Page 1', limit: 50 }
    expect(asked).toEqual([{ action: 'history', ...history }])
    const bars = page.findAll('[data-testid="test-past"] a')
    const seen = bars.map((bar) => [bar.attributes('href'), bar.attributes('title')?.split(',')[0]])
    expect(seen).toEqual([
      ['#/jobs/j-1', 'passed in 100 ms'],
      ['#/jobs/j0', 'failed in 400 ms'],
    ])
  })

  it('shows the attempts before the last, and why the test was tried again', async () => {
    const again = recordedRun({ tests: 1 }).map((event): Event => {
      if (event.type !== 'test.finished') return event
      const check: CheckResult = { check: 'css h1 text', outcome: 'failed', actual: '`Sorry`' }
      const steps: StepState[] = [{ step: 0, name: 'Open it', outcome: 'failed', duration_ms: 30, checks: [check] }]
      const reason = 'a check did not hold'
      const first: EarlierAttempt = { attempt: 1, outcome: 'failed', duration_ms: 31, reason, steps }
      return { ...event, outcome: 'flaky', attempt: 2, earlier: [first] }
    })
    const { page, replay } = await shownJob(again, { selected: 0 })
    replay.play()
    await nextFrame()
    const attempts = byId(page, 'earlier-attempt').map((attempt) => attempt.text())
    expect(attempts).toHaveLength(1)
    for (const text of ['attempt 1', 'Tried again: a check did not hold', 'Open it', '`Sorry`']) {
      expect(attempts[0]).toContain(text)
    }
  })

  it('shows the change of a test, unless it only repeats the outcome', async () => {
    const changes = [undefined, 'new_failure', 'flaky'] as const
    const outcomeOf = (test: number) => (['passed', 'failed', 'flaky'] as const)[test] ?? 'passed'
    const recording = recordedRun({ tests: 3, outcomeOf }).map((event) => {
      const change = event.type === 'test.finished' ? changes[event.test] : undefined
      return change === undefined ? event : { ...event, change }
    })
    const { page, replay } = await shownJob(recording)
    replay.play()
    await nextFrame()
    const remarks = byId(page, 'test-row').map((row) => `${row.find('.name').text()}: ${row.find('.remarks').text()}`)
    expect(remarks).toEqual(['Page 2: new failure', 'Page 3: ', 'Page 1: '])
  })

  it('shows how often updates come while many watch, and announces none of it', async () => {
    const [accepted, planned, ...rest] = recordedRun({ tests: 1 }) as [Event, Event, ...Event[]]
    const pace = (every_ms: number): Event => ({ type: 'pace', at: '', job: 'j1', every_ms })
    const { page, replay } = await shownJob([accepted, planned, pace(2500), pace(1e300), pace(-1), ...rest])
    const hint = () => byId(page, 'pace').map((line) => line.text())
    expect(hint()).toEqual([])

    const shown = []
    for (const count of [1, 1, 1, rest.length - 1]) {
      replay.play(count)
      await nextFrame()
      shown.push(...hint())
      expect(byId(page, 'pace')[0]?.element.closest('[role="status"], [role="alert"], [aria-live]')).toBeNull()
    }
    const often = (every: string) => `Many watch: updates come about every ${every}`
    expect(shown).toEqual([often('2.5 s'), often('10 min'), often('10 min'), often('10 min')])

    replay.play()
    await nextFrame()
    expect(hint()).toEqual([])
  })

  it('shows untrusted markup as text', async () => {
    const markup = '<img src=x onerror="alert(1)">'
    const checksOf = () => [{ check: 'body', outcome: 'failed' as const, expected: 'a', actual: markup }]
    const { page, replay } = await shownJob(recordedRun({ tests: 2, nameOf: () => markup, checksOf }), { selected: 1 })
    replay.play()
    await nextFrame()
    expect(page.find('img').exists()).toBe(false)
    expect(byId(page, 'check-failure')[0]?.text()).toContain(markup)
  })

  it('renders a part of 2,000 tests, and finds any of them by search', async () => {
    const { page, replay } = await shownJob(recordedRun({ tests: 2000 }))
    replay.play()
    await nextFrame()
    expect(byId(page, 'test-row').length).toBeGreaterThan(15)
    expect(byId(page, 'test-row').length).toBeLessThan(60)
    expect(page.get('[role="listbox"]').attributes('aria-label')).toBe('2000 tests')

    await page.get('input[type="search"]').setValue('page 1987')
    expect(byId(page, 'test-row').map((row) => row.find('.name').text())).toEqual(['Page 1987'])
  })

  it('filters by outcome and orders by plan', async () => {
    const { page, replay } = await shownJob(recordedRun({ tests: 6 }))
    replay.play()
    await nextFrame()
    const press = (text: string) =>
      page
        .findAll('button')
        .find((button) => button.text() === text)
        ?.trigger('click')
    await press('Plan order')
    expect(byId(page, 'test-row')[0]?.text()).toContain('Page 1')
    await press('2 failed')
    expect(byId(page, 'test-row').map((row) => row.find('.name').text())).toEqual(['Page 2', 'Page 5'])
    await press('4 passed')
    await page.get('input[type="search"]').setValue('nothing like it')
    expect(page.text()).toContain('No test matches the filter')
  })

  it('is operated with the keyboard', async () => {
    const { page, replay } = await shownJob(recordedRun({ tests: 6 }))
    replay.play()
    await nextFrame()
    const list = page.get('[role="listbox"]')
    await list.trigger('keydown', { key: 'ArrowDown' })
    await list.trigger('keydown', { key: 'ArrowDown' })
    expect(list.attributes('aria-activedescendant')).toBe('test-4')
    await list.trigger('keydown', { key: 'Enter' })
    expect(location.hash).toBe('#/jobs/j1/tests/4')
  })

  it('shows why a job is unavailable', async () => {
    const { page } = show(JobPage, new Replay([]), { job: 'j9' })
    await nextFrame()
    expect(page.text()).toContain('there is no such job in this recording')
  })
})
