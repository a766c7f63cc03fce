// @vitest-environment happy-dom

import type { VueWrapper } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Command, Difference, Event, SincePassed, StepDifferences } from 'stepcast-client'
import { Replay } from 'stepcast-client/dashboard'
import { exchangeOf, keptEvidence, recordedRun } from 'stepcast-client/testing'
import App from './App.vue'
import { byId, giveBoxesASize, nextFrame, show } from './testing'

vi.mock('uplot', () => ({ default: vi.fn() }))

beforeEach(giveBoxesASize)

const JOB = '01a202c5-7d9b-7658-bb8e-a9c7c9ec7695'
const HOSTILE = '<img src=x onerror="window.ran = 1"><script>window.ran = 1</script>\u202e'
const HOUR = 3_600_000
const at = new Date(Date.now() - 2 * HOUR).toISOString()

const since = (lines: string[], more = 0): SincePassed => ({ job: JOB, at, lines, more })

/** Shows the page at `hash`; each failed test changed like this since it passed. */
async function shown(
  hash: string,
  since_passed: (test: number) => SincePassed | undefined,
  { differences = [] as StepDifferences[], tests = 2 } = {},
) {
  location.hash = hash
  const moreOf = (test: number, outcome: string) => {
    const known = outcome === 'failed' ? since_passed(test) : undefined
    return { ...(known && { since_passed: known }), evidence: { id: 'e1' } }
  }
  const answer = (command: Command): Event | undefined => {
    const kept = keptEvidence([exchangeOf()])(command)
    return kept?.type === 'evidence' && differences.length > 0 ? { ...kept, differences } : kept
  }
  const replay = new Replay(recordedRun({ tests, outcomeOf: () => 'failed', moreOf }), { answer })
  const { page, dashboard } = show(App, replay)
  replay.play()
  await nextFrame()
  return { page, dashboard }
}

async function openEvidence(page: VueWrapper): Promise<void> {
  const [details] = byId(page, 'evidence')
  if (details === undefined) throw new Error('nothing is kept')
  ;(details.element as HTMLDetailsElement).open = true
  await details.trigger('toggle')
  await nextFrame()
}

const words = (text: string | undefined) => text?.replaceAll(/\s+/g, ' ').trim()

describe('what changed since a test passed, in a few lines', () => {
  it.each(['#/jobs/j1/tests/0', '#/jobs/j1?test=0'])('is told below the checks: %s', async (hash) => {
    const { page } = await shown(hash, () => since(['status: 200 is now 500', 'header `etag` is gone'], 3))
    const changed = page.get('[data-testid="since-passed"]')
    expect(words(changed.get('p').text())).toBe('Since job 01a202c5-7d9b, 2 h ago:')
    expect(changed.findAll('li').map((line) => line.text())).toEqual([
      'status: 200 is now 500',
      'header `etag` is gone',
      'and 3 more',
    ])
    expect(changed.get('a').attributes()).toMatchObject({ href: `#/jobs/${JOB}`, title: JOB })
  })

  it('says that the answer is the same', async () => {
    const { page } = await shown('#/jobs/j1/tests/0', () => since([]))
    const changed = byId(page, 'since-passed')[0]
    expect(words(changed?.text())).toBe('The answer is the same as in job 01a202c5-7d9b, 2 h ago.')
    expect(changed?.findAll('li')).toHaveLength(0)
  })

  it('says how many differences there are if it has no line of them', async () => {
    const { page } = await shown('#/jobs/j1/tests/0', () => since([], 1))
    expect(
      byId(page, 'since-passed')[0]
        ?.findAll('li')
        .map((line) => line.text()),
    ).toEqual(['1 difference'])
  })

  it('is not there if nothing is known', async () => {
    const { page } = await shown('#/jobs/j1/tests/0', () => undefined)
    expect(byId(page, 'since-passed')).toHaveLength(0)
    expect(byId(page, 'check-failure')).not.toHaveLength(0)
  })

  it('is text, whatever it is', async () => {
    const { page } = await shown('#/jobs/j1/tests/0', () => since([HOSTILE, 'x'.repeat(100_000)]))
    const changed = page.get('[data-testid="since-passed"]')
    expect(changed.find('img, script').exists()).toBe(false)
    expect(changed.text()).toContain('<img src=x')
    expect(changed.text().length).toBeLessThan(1000)
    expect(window).not.toHaveProperty('ran')
  })

  it('names the other job to a guest, who cannot open it', async () => {
    const { page, dashboard } = await shown('#/jobs/j1/tests/0', () => since(['a']))
    dashboard.sharedJob.value = 'j1'
    await nextFrame()
    expect(page.get('[data-testid="since-passed"]').text()).toContain('01a202c5-7d9b')
    expect(page.find('[data-testid="since-passed"] a').exists()).toBe(false)
  })
})

describe('what changed since tests passed, in the list', () => {
  it('is the first line, beside the failure', async () => {
    const { page } = await shown('#/jobs/j1', (test) =>
      test === 0 ? since(['status: 200 is now 500', 'b']) : undefined,
    )
    const notes = byId(page, 'test-row').map((row) => row.findAll('.note > span').map((part) => part.text()))
    const failure = 'css h1 text: actual `Welcom`'
    expect(notes).toEqual([[failure, 'since it passed: status: 200 is now 500'], [failure]])
  })

  it('is what most tests of a group have, and how many', async () => {
    const { page } = await shown('#/jobs/j1', (test) => since([test === 0 ? HOSTILE : 'status: 200 is now 500']), {
      tests: 3,
    })
    const group = page.get('[data-testid="causes"] button')
    expect(group.get('.change').text()).toBe('since they passed, in 2 of them: status: 200 is now 500')
    const { page: other } = await shown('#/jobs/j1', () => since([HOSTILE]), { tests: 3 })
    expect(other.get('[data-testid="causes"] .change').text()).toContain('since they passed: <img src=x')
    expect(other.find('.causes img').exists()).toBe(false)
  })
})

describe('what changed since a test passed, in its evidence', () => {
  const difference = (text: string, more: Partial<Difference> = {}): Difference => ({
    kind: 'element',
    place: '',
    text,
    places: 1,
    ...more,
  })
  const of = (differences: Difference[], left_out = 0): StepDifferences[] => [
    { step: 0, job: JOB, at, differences, left_out },
  ]

  async function differencesOf(differences: StepDifferences[]) {
    const { page } = await shown('#/jobs/j1/tests/0', () => since(['a']), { differences })
    await openEvidence(page)
    expect(byId(page, 'exchange')).toHaveLength(1)
    return byId(page, 'differences')
  }

  it('is whole: what was there, what is there, where, and in how many places', async () => {
    const [changed] = await differencesOf(
      of(
        [
          difference('the text changed', { place: 'main > h1', before: 'Welcome', after: 'Welcom', is_near: true }),
          difference('`main > a` is new', { place: 'main > a', after: '<a>', places: 3 }),
          difference('header `date`', { place: 'date', before: '1', after: '2', places: 2, is_noise: true }),
          difference('header `etag`', { place: 'etag', before: '1', after: '2', is_noise: true }),
        ],
        4,
      ),
    )
    if (changed === undefined) throw new Error('nothing changed')
    const [first, second] = changed.findAll(':scope > ol > [data-testid="difference"]')
    expect(words(first?.get('p').text())).toBe('the text changedmain > h1a failed check looks here')
    expect(first?.findAll('dd').map((side) => side.text())).toEqual(['Welcome', 'Welcom'])
    expect(words(second?.get('p').text())).toBe('`main > a` is newin 3 places')
    expect(second?.findAll('dd').map((side) => side.text())).toEqual(['it was not there', '<a>'])
    const noise = changed.get('details')
    expect(noise.attributes('open')).toBeUndefined()
    expect(noise.get('summary').text()).toBe('3 places that differ each time')
    expect(noise.findAll('[data-testid="difference"]')).toHaveLength(2)
    expect(changed.text()).toContain('Not shown: 4 more differences')
    expect(words(changed.get('p').text())).toBe('Since job 01a202c5-7d9b, 2 h ago, in which the test passed')
  })

  it('names the number of places once, and says of noise that a failed check looks there', async () => {
    const [changed] = await differencesOf(
      of([
        difference('`a.buy` became `a.purchase` (3 places)', { places: 3 }),
        difference('the date', { is_near: true, is_noise: true }),
      ]),
    )
    expect(changed?.findAll('.difference p').map((line) => words(line.text()))).toEqual([
      '`a.buy` became `a.purchase` (3 places)',
      'the datea failed check looks hereit differs each time',
    ])
  })

  it('says so if only noise differs, or nothing', async () => {
    const [noise] = await differencesOf(of([difference('a', { is_noise: true })]))
    expect(noise?.text()).toContain('Only what differs each time.')
    expect(noise?.get('summary').text()).toBe('1 place that differs each time')
    const [same] = await differencesOf(of([]))
    expect(same?.text()).toContain('The answer is the same.')
    expect(await differencesOf([])).toHaveLength(0)
  })

  it('is text of bounded length, whatever it is', async () => {
    const long = HOSTILE.repeat(2000)
    const [changed] = await differencesOf(of([difference(long, { place: `${long}.`, before: long, after: long })]))
    expect(changed?.find('img, script').exists()).toBe(false)
    expect(changed?.text().length).toBeLessThan(6000)
    expect(changed?.text()).toContain('more characters')
    expect(window).not.toHaveProperty('ran')
  })
})
