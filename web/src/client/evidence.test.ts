import { describe, expect, it } from 'vitest'
import { Commands } from './commands.ts'
import { attemptEvidence, type Evidence, evidenceOf, MOST_PAGES } from './evidence.ts'
import type { Command, Difference, Event, EvidencePage } from './protocol.ts'
import { Replay } from './replay.ts'
import { base64Of, bytesOf, exchangeOf, keptEvidence } from './testing/kept-evidence.ts'

const STEP = { job: 'j1', test: 2, attempt: 1, step: 0 }

/** Asks a source that answers with `answer`, and notes what was asked. */
async function got(answer: (command: Command) => Event | undefined): Promise<{ asked: Command[]; kept: Evidence }> {
  const asked: Command[] = []
  const source = new Replay([], {
    answer: (command) => {
      asked.push(command)
      return answer(command)
    },
  })
  return { asked, kept: await evidenceOf(new Commands(source), STEP) }
}

const page = (of: Partial<EvidencePage>) => (): Event => ({ type: 'evidence', at: '', test: 2, attempt: 1, ...of })

const part = (sha256: string, offset: number, bytes: number, text: string) => ({
  sha256,
  offset,
  bytes,
  base64: base64Of(bytesOf(text)),
})

describe('what a step sent and received', () => {
  it('is put together from all pages', async () => {
    const html = bytesOf('<h1>Welcome to the Käsekuchen</h1>')
    const exchanges = [exchangeOf(), exchangeOf({ remote: '192.0.2.2:80' })]
    const { asked, kept } = await got(keptEvidence(exchanges, { aa: html, bb: new Uint8Array([0, 255]) }, 10))
    expect(kept.exchanges).toEqual(exchanges)
    expect(kept.contents.get('aa')).toEqual(html)
    expect(kept.contents.get('bb')).toEqual(new Uint8Array([0, 255]))
    expect(kept.isCut).toBe(false)
    expect(asked[0]).toEqual({ action: 'evidence', ...STEP })
    expect(asked.slice(1).map((command) => 'cursor' in command && command.cursor)).toEqual(['1', '2', '3', '4', '5'])
  })

  it('has the exchanges of one step that are on several pages', async () => {
    const first = { type: 'evidence', at: '', test: 2, attempt: 1 } as const
    const { kept } = await got((command) => {
      if (command.action !== 'evidence') return undefined
      const exchanges = [exchangeOf({ remote: command.cursor ?? 'first' })]
      return {
        ...first,
        steps: [{ step: 0, name: '', exchanges }],
        ...(command.cursor === undefined && { cursor: 'second' }),
      }
    })
    expect(kept.exchanges.map(({ remote }) => remote)).toEqual(['first', 'second'])
  })

  it('leaves out the exchanges of other steps', async () => {
    const { kept } = await got(page({ steps: [{ step: 1, name: '', exchanges: [exchangeOf()] }] }))
    expect(kept.exchanges).toEqual([])
  })

  it('has the differences of one step, which can be on several pages', async () => {
    const difference = (text: string): Difference => ({ kind: 'status', place: '', text, places: 1 })
    const of = (step: number, text: string, left_out: number) => ({
      step,
      job: 'j0',
      at: '2025-11-21T09:00:00.000Z',
      differences: [difference(text)],
      left_out,
    })
    const { kept } = await got((command) => {
      const isFirst = command.action === 'evidence' && command.cursor === undefined
      if (isFirst) return page({ differences: [of(1, 'elsewhere', 0), of(0, 'first', 4)], cursor: 'second' })()
      return page({ differences: [of(0, 'second', 0)] })()
    })
    expect(kept.differences).toMatchObject({ step: 0, job: 'j0', left_out: 4 })
    expect(kept.differences?.differences.map(({ text }) => text)).toEqual(['first', 'second'])
  })

  it('has no differences if none are known', async () => {
    expect((await got(page({}))).kept.differences).toBeUndefined()
  })

  it('has no content that came only in part, and an empty one', async () => {
    const contents = [
      part('begins late', 2, 4, 'cd'),
      part('ends early', 0, 4, 'ab'),
      part('has a gap', 0, 6, 'ab'),
      part('has a gap', 4, 6, 'ef'),
      part('overlaps', 0, 4, 'ab'),
      part('overlaps', 1, 4, 'cd'),
      part('is elsewhere', 2, 2, 'cd'),
      part('comes twice', 0, 2, 'ab'),
      part('comes twice', 0, 2, 'ab'),
      { ...part('is not Base64', 0, 2, 'ab'), base64: '%' },
      part('is empty', 0, 0, ''),
      part('is out of order', 2, 4, 'cd'),
      part('is out of order', 0, 4, 'ab'),
    ]
    const { kept } = await got(page({ contents }))
    expect([...kept.contents]).toEqual([
      ['is empty', new Uint8Array()],
      ['is out of order', bytesOf('abcd')],
    ])
  })

  it('ends even if the pages do not', async () => {
    const { asked, kept } = await got(page({ cursor: 'more' }))
    expect(asked).toHaveLength(MOST_PAGES)
    expect(kept.isCut).toBe(true)
  })

  it('is refused with the reason of the server', async () => {
    const message = 'this link does not show what tests sent and received'
    const refusal = { type: 'error', at: '', code: 'forbidden', message, temporary: false } as const
    await expect(got(() => refusal)).rejects.toMatchObject({ code: 'forbidden', message })
  })
})

describe('what an attempt sent and received', () => {
  const answer = (command: Command): Event | undefined => {
    if (command.action !== 'evidence') return undefined
    const exchanges = [exchangeOf()]
    const second = command.cursor === 'second'
    const steps = second ? [{ step: 0, name: 'Open it', exchanges }] : [{ step: 1, name: 'Send it', exchanges }]
    return page({ steps, ...(second ? {} : { cursor: 'second' }) })()
  }

  it('has all of its steps, in their order', async () => {
    const asked: Command[] = []
    const source = new Replay([], { answer: (command) => (asked.push(command), answer(command)) })
    const { steps } = await attemptEvidence(new Commands(source), { job: 'j1', test: 2, attempt: 3 })
    expect(steps.map(({ step, name }) => `${step} ${name}`)).toEqual(['0 Open it', '1 Send it'])
    expect(asked[0]).toEqual({ action: 'evidence', job: 'j1', test: 2, attempt: 3 })
  })

  it('is not asked for any more once nobody wants it', async () => {
    const asked: Command[] = []
    const wanted = new AbortController()
    const source = new Replay([], {
      answer: (command) => {
        asked.push(command)
        wanted.abort()
        return answer(command)
      },
    })
    const of = { job: 'j1', test: 2, attempt: 1 }
    await expect(attemptEvidence(new Commands(source), of, wanted.signal)).rejects.toThrow()
    expect(asked).toHaveLength(1)
  })
})
