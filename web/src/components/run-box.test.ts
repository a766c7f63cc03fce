// @vitest-environment happy-dom

import { beforeEach, describe, expect, it } from 'vitest'
import type { Command, Event } from 'stepcast-client'
import { Replay } from 'stepcast-client/dashboard'
import { draft } from '../run-draft'
import RunBox from './RunBox.vue'
import { nextFrame, press, show } from './testing'

const ACCEPTED: Event = { type: 'job.accepted', at: '', job: 'j7', v: 1, suite: 'S', principal: 'ana', labels: {} }
const LOST: Event = { type: 'error', at: '', code: 'unavailable', message: 'the answer was lost', temporary: true }

let asked: Extract<Command, { action: 'run' }>[]
let answers: Event[]

beforeEach(() => {
  asked = []
  answers = []
  location.hash = '#/'
  const nothing = { vars: '', labels: '', tags: '', maxFailures: '', timeLimit: '', evidence: '' }
  Object.assign(draft, { source: 'text', text: 'suite: S\ntests: []', stored: '', ...nothing })
})

async function shownBox() {
  const answer = (command: Command) => {
    if (command.action !== 'run') return undefined
    asked.push(command)
    return answers.shift() ?? ACCEPTED
  }
  const { page } = show(RunBox, new Replay([], { answer }))
  await nextFrame()
  const run = async () => {
    await page.get('form').trigger('submit')
    await nextFrame()
  }
  const secret = async (name: string, value: string) => {
    await press(page, 'Add a secret')
    await page.findAll('input[placeholder="name"]').at(-1)?.setValue(name)
    await page.findAll('input[placeholder="value"]').at(-1)?.setValue(value)
  }
  return { page, run, secret }
}

describe('the run box', () => {
  it('sends all fields of a run', async () => {
    const { page, run, secret } = await shownBox()
    await page.get('#suite-vars').setValue('base=https://x')
    await secret('password', ' hunter2 ')
    await page.get('#run-labels').setValue('branch=main')
    await page.get('#run-tags').setValue('smoke,fast\n\n nightly ')
    await page.get('#run-max-failures').setValue('3')
    await page.get('#run-time-limit').setValue('600')
    await run()
    expect(asked).toMatchObject([
      {
        vars: { base: 'https://x' },
        secrets: { password: ' hunter2 ' },
        labels: { branch: 'main' },
        tags: ['smoke,fast', 'nightly'],
        max_failures: 3,
        time_limit_s: 600,
      },
    ])
  })

  it('says what is kept, if that is chosen', async () => {
    const { page, run } = await shownBox()
    const values = page.findAll('#run-evidence option').map((option) => option.attributes('value'))
    expect(values).toEqual(['', 'failed', 'changes', 'all', 'none'])
    await page.get('#run-evidence').setValue('changes')
    await run()
    expect(asked).toMatchObject([{ evidence: 'changes' }])
  })

  it('leaves out empty fields', async () => {
    const { run } = await shownBox()
    await run()
    expect(Object.keys(asked[0] ?? {}).sort()).toEqual(['action', 'idempotency_key', 'suite'])
  })

  it('hides secrets, and deletes them once the server has them', async () => {
    const { page, run, secret } = await shownBox()
    await secret('password', 'hunter2')
    expect(page.get('input[placeholder="value"]').attributes('type')).toBe('password')
    answers = [LOST]
    await run()
    expect(page.text()).toContain('the answer was lost; try again in a moment')
    expect(page.findAll('input[type="password"]')).toHaveLength(1)
    await run()
    expect(asked[1]).toMatchObject({ secrets: { password: 'hunter2' } })
    expect(page.findAll('input[type="password"]')).toHaveLength(0)
    const kept = JSON.stringify([draft, { ...sessionStorage }, { ...localStorage }, document.body.innerHTML])
    expect(kept).not.toContain('hunter2')
  })

  it('reuses the idempotency key after a lost answer, unless a secret changes', async () => {
    const { page, run, secret } = await shownBox()
    await secret('password', 'hunter2')
    answers = [LOST, LOST]
    await run()
    await run()
    expect(asked[1]?.idempotency_key).toBe(asked[0]?.idempotency_key)
    await page.get('input[placeholder="value"]').setValue('hunter3')
    await run()
    expect(asked[2]?.idempotency_key).not.toBe(asked[0]?.idempotency_key)
  })

  it('opens the job that an earlier run with a lost answer started', async () => {
    const { run } = await shownBox()
    const counts = { total: 0, passed: 0, failed: 0, errored: 0, blocked: 0, flaky: 0, skipped: 0, cancelled: 0 }
    const whole = { suite: 'S', status: 'running', created_at: 'x', principal: 'ana', labels: {}, counts } as const
    answers = [{ type: 'job.state', at: '', job: 'j8', v: 2, tests: [], page: 1, pages: 1, ...whole }]
    await run()
    expect(location.hash).toBe('#/jobs/j8')
  })

  it('reports incomplete secrets without asking the server', async () => {
    const { page, run, secret } = await shownBox()
    await secret('', 'hunter2')
    await secret('password', '')
    await run()
    expect(asked).toEqual([])
    expect(page.get('.problems').text()).toMatch(/secret 1 has no name.*`password` has no value/s)
  })
})
