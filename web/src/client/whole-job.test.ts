import { describe, expect, it } from 'vitest'
import type { Command, Event } from './protocol.ts'
import { Replay } from './replay.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { recordedRun } from './testing/recorded-run.ts'
import { wholeJob } from './whole-job.ts'

type Page = Extract<Event, { type: 'job.state' }>

/** A finished job whose state comes on three pages; the first is the answer, and `later` plays the others. */
async function inPages(change: (page: Page) => Page = (page) => page, before: Event[] = []) {
  const finished = new Replay(recordedRun({ tests: 9 }))
  finished.play()
  const whole = (await finished.request({ action: 'job', job: 'j1' })) as Page
  const pages = [0, 1, 2].map((page) =>
    change({ ...whole, re: 7, tests: whole.tests.slice(page * 3, page * 3 + 3), page: page + 1, pages: 3 }),
  ) as [Page, Page, Page]
  const answer = (command: Command) => (command.action === 'job' ? pages[0] : undefined)
  const source = new Replay([...before, { ...pages[1], re: 6 }, { ...pages[2], re: 6 }, pages[2], pages[1]], { answer })
  const clock = new FakeClock()
  return { source, clock, got: wholeJob(source, 'j1', clock) }
}

describe('the whole state of a job', () => {
  it('is complete once all pages of the answer are there, in any order', async () => {
    const { source, clock, got } = await inPages()
    let isThere = false
    void got.then(() => (isThere = true))
    source.play(3)
    await clock.advance(100)
    expect(isThere).toBe(false)
    source.play(1)
    expect((await got).orderedTests().map(({ test }) => test)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('is refused if a page does not arrive', async () => {
    const { source, clock, got } = await inPages()
    const refused = expect(got).rejects.toThrow('some of the tests did not arrive')
    source.play(3)
    await clock.advance(60_000)
    await refused
  })

  it('is refused if the server drops the rest of the answer', async () => {
    const error = { type: 'error', at: '', code: 'unavailable', message: 'too slow', temporary: true } as const
    const { source, got } = await inPages(
      (page) => page,
      [
        { ...error, re: 6 },
        { ...error, re: 7 },
      ],
    )
    const refused = expect(got).rejects.toThrow('too slow')
    source.play(2)
    await refused
  })

  it('is refused if the outcomes are not those of the verdict', async () => {
    const { source, got } = await inPages((page) => ({ ...page, digest: '0000000000000001' }))
    const refused = expect(got).rejects.toThrow('have not arrived yet')
    source.play()
    await refused
  })
})
