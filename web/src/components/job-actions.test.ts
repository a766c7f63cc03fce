// @vitest-environment happy-dom

import { beforeEach, describe, expect, it } from 'vitest'
import type { Command, Event, Role, TestState } from 'stepcast-client'
import { Replay } from 'stepcast-client/dashboard'
import { recordedRun } from 'stepcast-client/testing'
import { draft } from '../run-draft'
import JobPage from './JobPage.vue'
import { giveBoxesASize, nextFrame, press, show, signedInAs } from './testing'

let asked: Command[]

beforeEach(() => {
  giveBoxesASize()
  asked = []
  location.hash = '#/jobs/j1'
})

async function shownJob(
  played: number,
  role: Role,
  principal = 'ana',
  recording = recordedRun({ tests: 3 }),
  more: (command: Command) => Event | undefined = () => undefined,
) {
  const answer = (command: Command): Event | undefined => {
    asked.push(command)
    const other = more(command)
    if (other !== undefined) return other
    if (command.action === 'replay') {
      return { type: 'job.accepted', at: '', job: 'j2', v: 1, suite: 'S', principal, labels: {}, replay_of: 'j1' }
    }
    if (command.action === 'share') {
      return { type: 'shared', at: '', job: 'j1', token: 'a.b.c', id: 't1', expires_at: '2026-12-01T12:00:00Z' }
    }
    if (command.action !== 'finish') return undefined
    return { type: 'error', at: '', code: 'conflict', message: 'the job is finished', temporary: false }
  }
  const replay = signedInAs(new Replay(recording, { answer }), { principal, role })
  replay.play(played)
  const { page } = show(JobPage, replay, { job: 'j1' })
  await nextFrame()
  return { page, replay }
}

const ALL = 1000
const buttons = (page: Awaited<ReturnType<typeof shownJob>>['page']) =>
  page.findAll('.summary .actions button').map((button) => button.text())

describe('the actions of a job', () => {
  it.each([
    ['viewer', 'ana', [], []],
    [
      'runner',
      'ana',
      ['Cancel', 'Share…'],
      ['Run failed again', 'Run again', 'Run again with…', 'Judge again by its evidence…', 'Share…'],
    ],
    ['runner', 'bo', [], []],
    [
      'admin',
      'bo',
      ['Cancel', 'End now', 'Share…'],
      ['Run failed again', 'Run again', 'Run again with…', 'Judge again by its evidence…', 'Share…'],
    ],
  ] as const)('for a %s called %s', async (role, principal, running, finished) => {
    const { page, replay } = await shownJob(3, role, principal)
    expect(buttons(page)).toEqual(running)
    replay.play()
    await nextFrame()
    expect(buttons(page)).toEqual(finished)
  })

  it('stay visible while the connection is lost', async () => {
    const { page, replay } = await shownJob(ALL, 'runner')
    replay.setStatus({ phase: 'waiting', until: Date.now() + 5000, refusals: 1 })
    await nextFrame()
    expect(buttons(page)).toContain('Run again')
  })

  it('end a job only after a confirmation, and show a rejection', async () => {
    const { page } = await shownJob(3, 'admin')
    await press(page, 'End now')
    expect(page.get('.confirm').text()).toContain('3 tests without an outcome')
    await page.get('.confirm').trigger('keydown', { key: 'Escape' })
    await nextFrame()
    expect(document.activeElement?.textContent).toBe('End now')
    expect(asked.some(({ action }) => action === 'finish')).toBe(false)

    await press(page, 'End now')
    await press(page, 'End it')
    expect(asked.at(-1)).toMatchObject({ action: 'finish', job: 'j1' })
    expect(page.get('.summary [role="alert"]').text()).toBe('the job is finished')
  })

  it('run a job again with other values', async () => {
    const { page } = await shownJob(ALL, 'runner')
    await press(page, 'Run again with…')
    await press(page, 'Failed tests')
    await page.get('#replay-vars').setValue('base=https://staging')
    await press(page, 'Add a secret')
    await page.get('input[placeholder="name"]').setValue('password')
    await page.get('input[placeholder="value"]').setValue('hunter2')
    await page.get('.job-panel').trigger('submit')
    await nextFrame()
    const values = { vars: { base: 'https://staging' }, secrets: { password: 'hunter2' } }
    expect(asked.at(-1)).toEqual({ action: 'replay', job: 'j1', only: 'failed', ...values })
    expect(location.hash).toBe('#/jobs/j2')
    expect(page.findAll('input[type="password"]')).toHaveLength(0)
  })
})

describe('judging a job again by its evidence', () => {
  const SUITE = { suite: 'Shop smoke', tests: [{ name: 'Home', get: 'https://shop.example/' }] }

  async function shownPanel(more: (command: Command) => Event | undefined = () => undefined) {
    const { page } = await shownJob(ALL, 'runner', 'ana', recordedRun({ tests: 3 }), more)
    await press(page, 'Judge again by its evidence…')
    const judge = async () => {
      await page.get('.job-panel').trigger('submit')
      await nextFrame()
      await nextFrame()
    }
    return { page, judge }
  }

  beforeEach(() => {
    draft.text = ''
  })

  it('uses the suite as it was and all tests, unless something else is chosen', async () => {
    const { judge } = await shownPanel()
    await judge()
    expect(asked.at(-1)).toEqual({ action: 'replay', job: 'j1', only: 'all', on: 'evidence' })
    expect(location.hash).toBe('#/jobs/j2')
  })

  it('uses the stored suite of its name as it is now', async () => {
    const { page, judge } = await shownPanel()
    await press(page, 'The stored suite as it is now')
    await press(page, 'Failed tests')
    await judge()
    expect(asked.at(-1)).toEqual({ action: 'replay', job: 'j1', only: 'failed', on: 'evidence', suite: 'Shop smoke' })
  })

  it('uses a pasted suite', async () => {
    const { page, judge } = await shownPanel()
    await press(page, 'Write or paste')
    await page.get('#judge-text').setValue(JSON.stringify(SUITE))
    await judge()
    expect(asked.at(-1)).toMatchObject({ action: 'replay', on: 'evidence', suite: SUITE })
  })

  it('begins with the stored suite if that is wanted', async () => {
    const { page } = await shownPanel((command) =>
      command.action === 'suites.get'
        ? { type: 'suite', at: '', name: command.name, suite: SUITE, version: 1, updated_at: '' }
        : undefined,
    )
    await press(page, 'Write or paste')
    await press(page, 'Use the stored suite')
    expect(page.get<HTMLTextAreaElement>('#judge-text').element.value).toContain('name: Home')
  })

  it('says what is wrong with a suite, and where', async () => {
    const refusal = (): Event => ({
      ...{ type: 'error', at: '', code: 'invalid_suite', message: 'the suite has a problem', temporary: false },
      problems: [{ path: 'tests[0].gett', message: 'unknown field `gett`' }],
    })
    const { page, judge } = await shownPanel((command) => (command.action === 'replay' ? refusal() : undefined))
    await press(page, 'Write or paste')
    await judge()
    expect(page.get('#judge-problems').text()).toContain('paste or write a suite first')
    await page.get('#judge-text').setValue('suite: S\ntests:\n  - gett: x')
    await judge()
    expect(page.get('#judge-problems').text()).toContain('line 3:11tests[0].gettunknown field `gett`')
    expect(page.get('#judge-text').attributes('aria-invalid')).toBe('true')
  })

  it('says so if nothing is kept', async () => {
    const { page, judge } = await shownPanel((command) =>
      command.action === 'replay'
        ? { type: 'error', at: '', code: 'not_found', message: 'nothing was kept of this job', temporary: false }
        : undefined,
    )
    await judge()
    expect(page.get('#judge-problems').text()).toBe('nothing was kept of this job')
  })
})

describe('a link to a job', () => {
  it('is created on request, with the token in the fragment, which servers do not see', async () => {
    const { page } = await shownJob(3, 'runner')
    expect(asked.some(({ action }) => action === 'share')).toBe(false)
    await press(page, 'Share…')
    expect(asked.at(-1)).toMatchObject({ action: 'share', job: 'j1' })
    const link = page.get<HTMLInputElement>('[data-testid="share-link"]').element.value
    expect(new URL(link).hash).toBe('#/share/a.b.c')
    expect(link.split('#')[0]).toBe(location.href.split('#')[0])
    expect(page.get('[aria-label="Share this job"]').text()).toContain('stepcast token revoke t1')
    await press(page, 'Close')
    expect(page.find('[aria-label="Share this job"]').exists()).toBe(false)
  })
})

describe('the sentences about a job', () => {
  const accepted = recordedRun({ tests: 3 }).slice(0, 3)
  const counts = { total: 3, passed: 1, failed: 1, errored: 0, blocked: 0, flaky: 0, skipped: 0, cancelled: 1 }
  const sentences = async (...events: Event[]) => {
    const { page } = await shownJob(ALL, 'viewer', 'ana', [...accepted, ...events])
    return page.findAll('.sentence').map((sentence) => sentence.text())
  }

  it('show at which host a test waits for its turn', async () => {
    const state: TestState = { test: 1, name: 'Page 2', v: 1_000_003, status: 'running', attempt: 1, steps: [] }
    const waiting: Event = { type: 'test.state', at: '', job: 'j1', ...state, waiting_for: 'shop.example' }
    const { page } = await shownJob(ALL, 'viewer', 'ana', [...accepted, waiting])
    const rows = page.findAll('[data-testid="test-row"]').map((row) => row.text())
    expect(rows).toContainEqual(expect.stringMatching(/Page 2.*waiting for its turn at shop.example/))
  })

  it('report stalled tests', async () => {
    const stalled: Event = { type: 'test.stalled', at: '', job: 'j1', v: 2_000_000, test: 1, name: 'Page 2' }
    const { page } = await shownJob(ALL, 'viewer', 'ana', [...accepted, stalled])
    expect(page.findAll('.sentence')[1]?.text()).toContain('1 test is stalled')
    expect(page.findAll('[data-testid="test-row"]')[0]?.text()).toMatch(/stalled.*Page 2/)
  })

  it('explain that a job is being cancelled', async () => {
    const [said] = await sentences({
      type: 'job.progress',
      at: '',
      job: 'j1',
      v: 9,
      counts,
      status: 'cancelling',
      percent: 66,
    })
    expect(said).toContain('running tests stop before their next step')
  })

  it('explain that a limit stopped a job', async () => {
    const problem = 'the job was stopped at the first test that did not pass'
    const end = { verdict: 'failed', counts, duration_ms: 9, digest: '0000000000000000', problem } as const
    expect(await sentences({ type: 'job.finished', at: '', job: 'j1', v: 9, ...end })).toEqual([
      'At least one page does not match the suite',
      'The job was stopped at the first test that did not pass',
      'Not run and counted as cancelled: 1 test',
    ])
  })
})
