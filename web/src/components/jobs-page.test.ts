// @vitest-environment happy-dom

import { beforeEach, describe, expect, it } from 'vitest'
import type { Command, Event, JobStatus, ListedJob } from 'stepcast-client'
import { noCounts, Replay } from 'stepcast-client/dashboard'
import JobsPage from './JobsPage.vue'
import { byId, nextFrame, press, show } from './testing'

let asked: Command[]

beforeEach(() => {
  asked = []
})

function listed(job: string, suite: string, status: JobStatus): ListedJob {
  return { job, v: 1, suite, status, counts: noCounts(), created_at: job, principal: 'ana', labels: {} }
}

const JOBS = [listed('9', 'Shop', 'running'), listed('8', 'Blog', 'finished'), listed('7', 'Shop', 'finished')]

/** The jobs that match the query, newest first, two per page. */
function answer(command: Command): Event | undefined {
  asked.push(command)
  if (command.action !== 'jobs' && command.action !== 'watch') return undefined
  const { suite = undefined, status = undefined, cursor = '~' } = command.action === 'jobs' ? command : {}
  const fitting = JOBS.filter((job) => job.suite === (suite ?? job.suite) && job.status === (status ?? job.status))
  const below = fitting.filter(({ job }) => job < cursor)
  return { type: 'jobs', at: '', jobs: below.slice(0, 2), ...(below.length > 2 && { cursor: below[1]?.job ?? '' }) }
}

async function shownPage(recording: Event[] = []) {
  const replay = new Replay(recording, { answer })
  const { page } = show(JobsPage, replay)
  await nextFrame()
  const rows = () => byId(page, 'job-row').map((row) => row.get('a').attributes('href'))
  return { page, replay, rows }
}

const hrefs = (...jobs: string[]) => jobs.map((job) => `#/jobs/${job}`)

describe('the list of jobs', () => {
  it('loads older jobs', async () => {
    const { page, rows } = await shownPage()
    expect(rows()).toEqual(hrefs('9', '8'))
    await press(page, 'Older jobs')
    expect(rows()).toEqual(hrefs('9', '8', '7'))
    expect(page.text()).not.toContain('Older jobs')
  })

  it('filters by suite and status', async () => {
    const { page, rows } = await shownPage()
    await page.get('.jobs-filter input').setValue('Shop')
    await page.get('.jobs-filter input').trigger('change')
    await nextFrame()
    expect(rows()).toEqual(hrefs('9', '7'))
    await page.get('.jobs-filter select').setValue('finished')
    await nextFrame()
    expect(rows()).toEqual(hrefs('7'))
    expect(asked.at(-1)).toMatchObject({ action: 'jobs', suite: 'Shop', status: 'finished' })
    await press(page, 'Show all')
    expect(rows()).toEqual(hrefs('9', '8'))
  })

  it('adds new jobs that match the filter, and removes jobs that no longer match', async () => {
    const accepted = (job: string, suite: string): Event =>
      ({ type: 'job.accepted', at: job, job, v: 1, suite, principal: 'ana', labels: {} }) as const
    const ended = { verdict: 'passed', counts: noCounts(), duration_ms: 1, digest: '0000000000000000' } as const
    const events: Event[] = [
      accepted('a', 'Shop'),
      accepted('b', 'Blog'),
      { type: 'job.planned', at: '', job: 'a', v: 2, total: 1 },
      { type: 'job.planned', at: '', job: 'b', v: 2, total: 1 },
      { type: 'job.finished', at: '', job: 'a', v: 3, ...ended },
    ]
    const { page, replay, rows } = await shownPage(events)
    await page.get('.jobs-filter input').setValue('Shop')
    await page.get('.jobs-filter input').trigger('change')
    await nextFrame()
    await page.get('.jobs-filter select').setValue('running')
    await nextFrame()
    expect(rows()).toEqual(hrefs('9'))
    replay.play(4)
    await nextFrame()
    expect(rows()).toEqual(hrefs('a', '9'))
    replay.play()
    await nextFrame()
    expect(rows()).toEqual(hrefs('9'))
  })

  it('says that no job matches the filter', async () => {
    const { page } = await shownPage()
    await page.get('.jobs-filter select').setValue('cancelling')
    await nextFrame()
    expect(page.text()).toContain('No job matches')
  })
})
