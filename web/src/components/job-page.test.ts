// @vitest-environment happy-dom

import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { CheckResult, Command, EarlierAttempt, Event, StepState } from 'stepcast-client'
import { Replay } from 'stepcast-client/dashboard'
import { recordedRun } from 'stepcast-client/testing'
import JobPage from './JobPage.vue'
import { byId, giveBoxesASize, nextFrame, press, show } from './testing'

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
    const addresses = failing.map((row) => `#/jobs/j1?test=${row.attributes('id')?.replace('test-', '')}`)
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
    expect(asked.filter((command) => 'test' in command)).toEqual([{ action: 'history', ...history }])
    const bars = page.findAll('[data-testid="test-past"] a')
    const seen = bars.map((bar) => [bar.attributes('href'), bar.attributes('title')?.split(',')[0]])
    expect(seen).toEqual([
      ['#/jobs/j-1', 'passed in 100 ms'],
      ['#/jobs/j0', 'failed in 400 ms'],
    ])
  })

  it('shows how long each test usually takes, by one request for all and without this job', async () => {
    const asked: Command[] = []
    const past = (job: string, duration_ms: number) => ({ job, outcome: 'passed' as const, duration_ms, at: '' })
    const tests = [
      { name: 'Page 1', outcomes: [past('j1', 9_000), past('j0', 30), past('j-1', 20), past('j-2', 10)] },
      { name: 'Page 2', outcomes: [past('j1', 9_000)] },
    ]
    const answer = (command: Command): Event | undefined => {
      if (command.action !== 'history') return undefined
      asked.push(command)
      return { type: 'history', at: '', suite: 'Shop smoke', tests }
    }
    const replay = new Replay(recordedRun({ tests: 3 }), { answer })
    replay.play()
    const { page } = show(JobPage, replay, { job: 'j1' })
    await nextFrame()
    await nextFrame()
    const usual = byId(page, 'test-row').map((row) => `${row.find('.name').text()}: ${row.find('.usual').text()}`)
    expect(usual).toEqual(['Page 2: ', 'Page 1: usually 20 ms', 'Page 3: '])
    expect(asked).toEqual([{ action: 'history', suite: 'Shop smoke', branch: 'main', limit: 5 }])
  })

  it('does not show how long tests usually take if one answer tells of some only, or of too many tests', async () => {
    const asked: Command[] = []
    const outcomes = [{ job: 'j0', outcome: 'passed' as const, duration_ms: 30, at: '' }]
    const answer = (command: Command): Event | undefined => {
      if (command.action !== 'history') return undefined
      asked.push(command)
      return { type: 'history', at: '', suite: 'S', tests: [{ name: 'Page 1', outcomes }], cursor: 'more' }
    }
    for (const tests of [3, 201]) {
      const replay = new Replay(recordedRun({ tests }), { answer })
      replay.play()
      const { page } = show(JobPage, replay, { job: 'j1' })
      await nextFrame()
      await nextFrame()
      expect(page.text()).not.toContain('usually')
    }
    expect(asked).toHaveLength(1)
  })

  it('opens a test on its own page', async () => {
    const { page, replay } = await shownJob(recordedRun({ tests: 3 }), { selected: 1 })
    replay.play()
    await nextFrame()
    expect(page.find('.ways a').attributes('href')).toBe('#/jobs/j1/tests/1')
  })

  it('opens the test that was pressed, even if another one has moved under the pointer', async () => {
    const { page, replay } = await shownJob(recordedRun({ tests: 3 }))
    replay.play(7)
    await nextFrame()
    const top = byId(page, 'test-row')[0]
    expect(top?.find('.name').text()).toBe('Page 2')
    await top?.trigger('pointerdown')
    replay.play()
    await page
      .findAll('button')
      .find((button) => button.text() === 'Plan order')
      ?.trigger('click')
    await nextFrame()
    expect(byId(page, 'test-row')[0]?.find('.name').text()).toBe('Page 1')
    await byId(page, 'test-row')[0]?.trigger('click')
    expect(location.hash).toBe('#/jobs/j1?test=1')
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

  it('saves the results as files once the job has ended, with the steps that the page does not have', async () => {
    const since_passed = { job: 'j0', at: new Date(Date.now() - 7_201_000).toISOString(), lines: [], more: 0 }
    const moreOf = (_: number, outcome: string) => (outcome === 'failed' ? { since_passed } : {})
    const saved: { name: string; text: string }[] = []
    const blobs = vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:saved')
    const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
      const [blob] = blobs.mock.lastCall as [Blob]
      void blob.text().then((text) => saved.push({ name: this.download, text }))
    })
    const { page, replay } = await shownJob(recordedRun({ tests: 3, moreOf }))
    expect(page.text()).not.toContain('Download')
    replay.play()
    await nextFrame()
    await press(page, 'Download JUnit')
    await press(page, 'Download NDJSON')
    await vi.waitFor(() => expect(saved).toHaveLength(2))
    expect(saved.map(({ name }) => name)).toEqual(['stepcast-j1.xml', 'stepcast-j1.ndjson'])
    expect(saved[0]?.text).toContain('<testsuite name="Shop smoke" tests="3" failures="1"')
    expect(saved[0]?.text).toContain('since job j0, 2h ago: the answer is the same')
    expect(saved[1]?.text.trimEnd().split('\n')).toHaveLength(1 + 3 + 1)
    click.mockRestore()
    blobs.mockRestore()
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

  it('renders the tests that one scrolls to, by wheel and by key', async () => {
    const { page, replay } = await shownJob(recordedRun({ tests: 2000, outcomeOf: () => 'passed' }))
    replay.play()
    await nextFrame()
    const list = page.get('[role="listbox"]')
    const places = () => byId(page, 'test-row').map((row) => Number(row.attributes('aria-posinset')))
    list.element.scrollTop = 34 * 1000
    await list.trigger('scroll')
    // Twenty rows fit in the box; a few more are there on both sides.
    expect([places()[0], places().at(-1)]).toEqual([997, 1024])
    expect(page.get('.all-rows').attributes('style')).toContain(`padding-top: ${34 * 996}px`)
    await list.trigger('keydown', { key: 'End' })
    expect(places().at(-1)).toBe(2000)
    expect(list.attributes('aria-activedescendant')).toBe('test-1999')
    await list.trigger('keydown', { key: 'Home' })
    expect(places()[0]).toBe(1)
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
    expect(location.hash).toBe('#/jobs/j1?test=4')
  })

  it('shows why a job is unavailable', async () => {
    const { page } = show(JobPage, new Replay([]), { job: 'j9' })
    await nextFrame()
    expect(page.text()).toContain('there is no such job in this recording')
  })
})
