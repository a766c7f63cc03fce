// @vitest-environment happy-dom

import { beforeEach, describe, expect, it } from 'vitest'
import type { Command, Event, Outcome } from 'stepcast-client'
import { Replay } from 'stepcast-client/dashboard'
import { recordedRun } from 'stepcast-client/testing'
import App from './App.vue'
import { byId, giveBoxesASize, nextFrame, show } from './testing'

beforeEach(() => {
  giveBoxesASize()
  location.hash = '#/jobs/j2'
})

const HOSTILE = '<img src=x onerror="window.ran = 1">'
const nameOf = (test: number) => (test === 0 ? HOSTILE : `Page ${test + 1}`)
const outcomes =
  (failing: number[]) =>
  (test: number): Outcome =>
    failing.includes(test) ? 'failed' : 'passed'

const original = recordedRun({ tests: 6, outcomeOf: outcomes([0, 1]), nameOf })
const judged = recordedRun({
  job: 'j2',
  tests: 4,
  outcomeOf: outcomes([1, 3]),
  nameOf,
  origin: { replay_of: 'j1', from: 'evidence' },
})

async function shownJob(recording: Event[], answer: (command: Command) => Event | undefined = () => undefined) {
  const replay = new Replay(recording, { answer })
  replay.play()
  const { page, dashboard } = show(App, replay)
  await nextFrame()
  await nextFrame()
  return { page, dashboard }
}

describe('a job that was judged by evidence', () => {
  it('says so, and what the edit of its suite changed', async () => {
    const { page } = await shownJob([...original, ...judged])
    const panel = page.get('[data-testid="judged"]')
    expect(panel.get('h2').text().replaceAll(/\s+/g, ' ')).toBe('Judged by the evidence of job j1; nothing was fetched')
    expect(panel.get('h2 a').attributes('href')).toBe('#/jobs/j1')
    const groups = panel
      .findAll('.judged-tests')
      .map((group) => [
        group.get('h3').text(),
        ...group.findAll('a').map((link) => [link.text(), link.attributes('href')]),
      ])
    expect(groups).toEqual([
      ['Failed before, pass now: 1 test', [HOSTILE, '#/jobs/j2?test=0']],
      ['Passed before, fail now: 1 test', ['Page 4', '#/jobs/j2?test=3']],
    ])
    expect(panel.text()).toContain('The others: 1 passed as before, 1 failed as before, 2 only in the other job')
    expect(panel.find('img').exists()).toBe(false)
  })

  it('says so if nothing changed', async () => {
    const same = recordedRun({
      job: 'j2',
      tests: 6,
      outcomeOf: outcomes([0, 1]),
      nameOf,
      origin: { replay_of: 'j1', from: 'evidence' },
    })
    const { page } = await shownJob([...original, ...same])
    expect(page.get('[data-testid="judged"]').text()).toContain('No test that ended in both ends otherwise.')
  })

  it('says why it cannot be compared', async () => {
    const { page } = await shownJob(judged)
    expect(page.get('[data-testid="judged"]').text()).toContain(
      'What changed is not known: there is no such job in this recording',
    )
  })

  it('compares nothing before all of the other job is there', async () => {
    const half = original.slice(0, 2 + 3 * 5)
    const { page } = await shownJob([...half, ...judged])
    expect(page.get('[data-testid="judged"]').text()).toContain('Loading the other job…')
  })

  it('names the other job to a guest and does not ask for it', async () => {
    const { page, dashboard } = await shownJob([...original, ...judged])
    dashboard.sharedJob.value = 'j2'
    await nextFrame()
    const panel = page.get('[data-testid="judged"]')
    expect(panel.text().replaceAll(/\s+/g, ' ')).toBe('Judged by the evidence of job j1; nothing was fetched')
    expect(panel.findAll('a')).toHaveLength(0)
  })

  it('is marked in the list of jobs, and so are its tests', async () => {
    location.hash = '#/'
    const { page } = await shownJob([...original, ...judged])
    const marks = byId(page, 'job-row').map((row) => row.text().includes('judged by evidence'))
    expect(marks.toSorted()).toEqual([false, true])
    location.hash = '#/jobs/j2/tests/1'
    await nextFrame()
    await nextFrame()
    expect(page.get('.facts-line').text()).toContain('judged by evidence')
  })

  it('is not what an ordinary replay says', async () => {
    const replayed = recordedRun({ job: 'j2', tests: 2, origin: { replay_of: 'j1' } })
    const { page } = await shownJob([...original, ...replayed])
    expect(byId(page, 'judged')).toHaveLength(0)
  })
})
