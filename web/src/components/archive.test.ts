// @vitest-environment happy-dom

import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Command, Event } from 'stepcast-client'
import { Replay } from 'stepcast-client/dashboard'
import { exchangeOf, keptEvidence, recordedRun } from 'stepcast-client/testing'
import { saveFile } from '../save-file'
import App from './App.vue'
import { byId, giveBoxesASize, nextFrame, press, show } from './testing'

vi.mock('../save-file')
vi.mock('uplot', () => ({ default: vi.fn() }))

beforeEach(() => {
  giveBoxesASize()
  vi.mocked(saveFile).mockClear()
})

const answerWith = keptEvidence([exchangeOf()])

async function shown(
  hash: string,
  { tests = 6, keeps = true, answer = answerWith as (command: Command) => Event | undefined | Promise<Event> } = {},
) {
  location.hash = hash
  const asked: number[] = []
  const moreOf = (_: number, outcome: string) => (keeps && outcome === 'failed' ? { evidence: { id: 'e1' } } : {})
  const replay = new Replay(recordedRun({ tests, moreOf }), {
    answer: (command) => {
      if (command.action === 'evidence') asked.push(command.test)
      return answer(command) as Event | undefined
    },
  })
  const { page } = show(App, replay)
  replay.play()
  await nextFrame()
  return { page, asked, archive: () => page.get('[data-testid="archive"]') }
}

/** The titles of the pages in the file that was saved. */
function saved() {
  const [name, type, content] = vi.mocked(saveFile).mock.lastCall ?? []
  const har = JSON.parse((content as string[]).join('')) as { log: { pages: { title: string }[] } }
  return { name, type, titles: har.log.pages.map(({ title }) => title) }
}

describe('the HTTP archive', () => {
  it('of a job has its failing tests', async () => {
    const { page, asked } = await shown('#/jobs/j1')
    expect(asked).toEqual([])
    await press(page, 'Download HAR')
    await vi.waitFor(() => expect(saveFile).toHaveBeenCalledTimes(1))
    expect(saved()).toEqual({ name: 'stepcast-j1.har', type: 'application/json', titles: ['Page 2', 'Page 5'] })
    expect(asked).toEqual([1, 4])
  })

  it('of a test has that test', async () => {
    const { page } = await shown('#/jobs/j1/tests/4')
    await press(page, 'Download HAR')
    await vi.waitFor(() => expect(saveFile).toHaveBeenCalledTimes(1))
    expect(saved()).toEqual({ name: 'stepcast-j1-4.har', type: 'application/json', titles: ['Page 5'] })
  })

  it.each(['#/jobs/j1', '#/jobs/j1/tests/1'])('is not offered if nothing is kept: %s', async (hash) => {
    const { page } = await shown(hash, { keeps: false })
    expect(byId(page, 'archive')).toHaveLength(0)
  })

  it('shows how far it is, and can be cancelled', async () => {
    const { page, asked, archive } = await shown('#/jobs/j1', { tests: 30, answer: () => undefined })
    const waiting: ((event: Event) => void)[] = []
    vi.spyOn(Replay.prototype, 'request').mockImplementation((command) => {
      if (command.action !== 'evidence') return new Promise(() => undefined)
      asked.push(command.test)
      return new Promise((resolve) => waiting.push(() => resolve(answerWith(command) as Event)))
    })
    const go = async () => {
      await vi.waitFor(() => expect(waiting.length).toBeGreaterThan(0))
      waiting.shift()?.({} as Event)
      await nextFrame()
    }
    await press(page, 'Download HAR')
    await vi.waitFor(() => expect(archive().text()).toContain('0 of 10 tests'))
    await go()
    await go()
    expect(archive().get('[role="status"]').text()).toBe('2 of 10 tests')
    expect(archive().get('button').attributes('disabled')).toBe('')
    await press(page, 'Cancel the download')
    await go()
    expect(saveFile).not.toHaveBeenCalled()
    expect(
      archive()
        .findAll('button')
        .map((button) => button.text()),
    ).toEqual(['Download HAR'])
    expect(archive().find('[role="alert"]').exists()).toBe(false)
    expect(asked).toEqual([1, 4, 7])
    vi.restoreAllMocks()
  })

  it('says what is missing in it, and why there is none', async () => {
    const gone: Event = { type: 'error', at: '', code: 'not_found', message: 'it is gone', temporary: false }
    const part = await shown('#/jobs/j1', {
      answer: (command) => (command.action === 'evidence' && command.test === 1 ? gone : answerWith(command)),
    })
    await press(part.page, 'Download HAR')
    await vi.waitFor(() => expect(part.archive().text()).toContain('Saved without 1 attempt no longer kept'))
    const none = await shown('#/jobs/j1', {
      answer: (command) => (command.action === 'evidence' ? gone : undefined),
    })
    await press(none.page, 'Download HAR')
    await vi.waitFor(() => expect(none.archive().get('[role="alert"]').text()).toBe('nothing of it is kept any more'))
  })
})
