// @vitest-environment happy-dom

import { beforeEach, describe, expect, it } from 'vitest'
import type { Command, Event } from 'stepcast-client'
import { Replay } from 'stepcast-client/dashboard'
import { recordedRun } from 'stepcast-client/testing'
import { draft } from '../run-draft'
import App from './App.vue'
import { byId, nextFrame, press, show } from './testing'

beforeEach(() => {
  location.hash = '#/'
  Object.assign(draft, { source: 'text', text: '', stored: '', vars: '' })
})

describe('the list of jobs', () => {
  it('shows new jobs', async () => {
    const replay = new Replay(recordedRun({ tests: 3 }))
    const { page } = show(App, replay)
    await nextFrame()
    expect(page.text()).toContain('stepcast run examples/')
    replay.play()
    await nextFrame()
    const row = byId(page, 'job-row')[0]
    expect(row?.text()).toContain('Shop smoke')
    expect(row?.text()).toContain('failed')
    expect(row?.get('a').attributes('href')).toBe('#/jobs/j1')
  })
})

describe('the run box', () => {
  async function shownBox(answer: (command: Command) => Event | undefined) {
    const { page } = show(App, new Replay(recordedRun({ tests: 3 }), { answer }))
    await nextFrame()
    const write = (text: string) => page.get('[data-testid="suite-text"]').setValue(text)
    const run = async () => {
      await page.get('form#run-form').trigger('submit')
      await nextFrame()
    }
    return { page, write, run }
  }

  it('runs the pasted suite with variables, and opens the job', async () => {
    const asked: Command[] = []
    const accepted: Event = { type: 'job.accepted', at: '', job: 'j7', v: 1, suite: 'S', principal: 'ana', labels: {} }
    const { page, write, run } = await shownBox((command) => {
      asked.push(command)
      return command.action === 'run' ? accepted : undefined
    })
    await write('suite: S\ntests: []')
    await page.get('#suite-vars').setValue('base=https://x')
    await run()
    const command = asked.find(({ action }) => action === 'run')
    expect(command).toMatchObject({ suite: { suite: 'S', tests: [] }, vars: { base: 'https://x' } })
    expect(location.hash).toBe('#/jobs/j7')
  })

  it('shows all problems of the suite with their lines', async () => {
    const problems = [
      { path: 'tests[0].gett', message: 'unknown field `gett`', hint: 'did you mean `get`?' },
      { path: 'suite', message: 'is too long' },
    ]
    const { page, write, run } = await shownBox((command) =>
      command.action === 'run'
        ? { type: 'error', at: '', code: 'invalid_suite', message: 'no', temporary: false, problems }
        : undefined,
    )
    await write('suite: S\ntests:\n  - gett: x')
    await run()
    const shown = page.findAll('.problems li').map((problem) => problem.text())
    expect(shown).toHaveLength(2)
    expect(shown[0]).toMatch(/line 3:11.*tests\[0\]\.gett.*unknown field `gett`.*did you mean `get`\?/s)
  })

  it('shows the position of a YAML error without asking the server', async () => {
    const asked: Command[] = []
    const { page, write, run } = await shownBox((command) => void asked.push(command) as undefined)
    await write('suite: "S\ntests: []')
    await run()
    expect(page.find('.problems').text()).toMatch(/line \d+:\d+/)
    expect(asked.some(({ action }) => action === 'run')).toBe(false)
  })
})

describe('the connection', () => {
  it('has its status shown as text', async () => {
    const replay = new Replay([])
    const { page } = show(App, replay)
    const shown = () => page.get('[data-testid="connection-state"]').text()
    expect(shown()).toContain('Connected')
    replay.setStatus({ phase: 'waiting', until: Date.now() + 4500, refusals: 1 })
    await nextFrame()
    expect(shown()).toMatch(/Reconnecting in [45] s/)
    expect(byId(page, 'signin-token')).toHaveLength(0)
  })

  it('shows the sign-in form after repeated refusals', async () => {
    const replay = new Replay([])
    replay.setStatus({ phase: 'connecting' })
    const { page } = show(App, replay)
    replay.setStatus({ phase: 'waiting', until: Date.now() + 4500, refusals: 3 })
    await nextFrame()
    expect(page.get('.sign-in [role="alert"]').text()).toContain('The token may have expired')
    expect(byId(page, 'signin-button')).toHaveLength(1)
  })

  it('shows the sign-in form at once if the token has expired', async () => {
    const replay = new Replay([])
    const { page, dashboard } = show(App, replay)
    const lasting = btoa(JSON.stringify({ exp: Date.now() / 1000 + 60 }))
    const ended = btoa(JSON.stringify({ exp: Date.now() / 1000 - 60 }))
    for (const [claims, forms] of [
      [lasting, 0],
      [ended, 1],
    ] as const) {
      replay.setStatus({ phase: 'connecting' })
      dashboard.signIn(`e30.${claims.replace(/=+$/, '')}.c2ln`)
      replay.setStatus({ phase: 'waiting', until: Date.now() + 4500, refusals: 1 })
      await nextFrame()
      expect(byId(page, 'signin-token')).toHaveLength(forms)
    }
    expect(page.get('.sign-in [role="alert"]').text()).toContain('Your token expired at')
  })

  it('shows a warning over old data while it is lost', async () => {
    const replay = new Replay(recordedRun({ tests: 3 }))
    replay.play()
    const { page } = show(App, replay)
    await nextFrame()
    replay.setStatus({ phase: 'waiting', until: Date.now() + 4500, refusals: 1 })
    await nextFrame()
    expect(page.get('main').text()).toMatch(/may be out of date.*keeps retrying/s)
    expect(byId(page, 'job-row')).toHaveLength(1)
    replay.setStatus({ phase: 'connected', principal: 'ana', role: 'runner' })
    await nextFrame()
    expect(page.get('main').text()).not.toContain('may be out of date')
  })

  it('allows more refusals for a token that has worked, because the server may be restarting', async () => {
    const replay = new Replay([])
    const { page } = show(App, replay)
    for (const [refusals, forms] of [
      [3, 0],
      [8, 1],
    ] as const) {
      replay.setStatus({ phase: 'waiting', until: Date.now() + 4500, refusals })
      await nextFrame()
      expect(byId(page, 'signin-token')).toHaveLength(forms)
    }
  })

  it('shows only data of the new connection after signing in again', async () => {
    const second = new Replay(recordedRun({ tests: 3, suite: 'Second' }))
    const sources = [new Replay(recordedRun({ tests: 3, suite: 'First' })), second]
    const { page, dashboard } = show(App, () => sources.shift() ?? second)
    dashboard.signIn('another')
    await nextFrame()
    second.play()
    await nextFrame()
    expect(byId(page, 'job-row').map((row) => row.get('.suite').text())).toEqual(['Second'])
  })

  it('is replaced by the sign-in form after signing out', async () => {
    const { page, dashboard } = show(App, new Replay([]))
    dashboard.signOut()
    await nextFrame()
    expect(page.get('[data-testid="connection-state"]').text()).toContain('Signed out')
    await page.get('[data-testid="signin-token"]').setValue('not a token')
    await page.get('.sign-in').trigger('submit')
    expect(page.get('[role="alert"]').text()).toContain('without spaces')
  })
})

describe('notices', () => {
  const said = (at: string, text: string): Event => ({ type: 'notice', at, text })
  /** A notice arrives twice if the client has two connections. */
  const recording = [said('2', 'Restart at 18:00'), said('1', 'Restart at 17:00'), said('2', 'Restart at 18:00')]

  it('are shown newest first, and do not come back after they were dismissed', async () => {
    const replay = new Replay([...recording, said('2', 'Restart at 18:00'), said('3', 'Back again')])
    const { page } = show(App, replay)
    replay.play(3)
    await nextFrame()
    const texts = () => page.findAll('.notice p').map((notice) => notice.text())
    expect(texts()).toEqual(['Notice Restart at 18:00'])
    await press(page, '1 earlier')
    expect(texts()[1]).toContain('Restart at 17:00')

    await press(page, 'Dismiss')
    replay.play(1)
    await nextFrame()
    expect(texts()).toEqual([])
    replay.play(1)
    await nextFrame()
    expect(texts()).toEqual(['Notice Back again'])
  })
})
