// @vitest-environment happy-dom

import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Command, Event, Exchange, StepEvidence } from 'stepcast-client'
import { Replay } from 'stepcast-client/dashboard'
import { bytesOf, exchangeOf, keptEvidence, recordedRun } from 'stepcast-client/testing'
import { saveFile } from '../save-file'
import App from './App.vue'
import { byId, giveBoxesASize, nextFrame, press, show } from './testing'

vi.mock('../save-file')
vi.mock('uplot', () => ({ default: vi.fn() }))

beforeEach(() => {
  giveBoxesASize()
  vi.mocked(saveFile).mockClear()
})

const passedCheck = { check: 'css `p`', outcome: 'passed' } as const
const failedCheck = { check: 'css `h1` text equals "Welcome"', outcome: 'failed', actual: '"Welcom"' } as const

/** The recording of one failed test; its step has `kept`, and so has that of an attempt before. */
function failedRun(kept: StepEvidence): Event[] {
  return recordedRun({ tests: 1, outcomeOf: () => 'failed' }).map((event) => {
    if (event.type !== 'test.finished') return event
    const steps = event.steps.map((step) => ({ ...step, checks: [passedCheck, failedCheck], evidence: kept }))
    const first = { attempt: 1, outcome: 'failed', duration_ms: 20, reason: 'a check did not hold', steps } as const
    return { ...event, attempt: 2, steps, earlier: [first] }
  })
}

/** Shows the test at `hash`; what its steps sent and received comes from `answer`. */
async function shownTest(
  answer: (command: Command) => Event | undefined,
  { kept = { id: 'e1' } as StepEvidence, hash = '#/jobs/j1/tests/0' } = {},
) {
  location.hash = hash
  const asked: Command[] = []
  const replay = new Replay(failedRun(kept), {
    answer: (command) => {
      if (command.action === 'evidence') asked.push(command)
      return answer(command)
    },
  })
  const { page } = show(App, replay)
  replay.play()
  await nextFrame()
  return { page, asked }
}

async function open(page: VueWrapper, place = 0): Promise<void> {
  const details = byId(page, 'evidence')[place]
  if (details === undefined) throw new Error('nothing is kept')
  ;(details.element as HTMLDetailsElement).open = true
  await details.trigger('toggle')
  await flushPromises()
  await nextFrame()
}

/** Shows the evidence of the last attempt. */
async function opened(exchange: Partial<Exchange>, contents: Record<string, Uint8Array> = {}): Promise<VueWrapper> {
  const { page } = await shownTest(keptEvidence([exchangeOf(exchange)], contents))
  await open(page)
  return page
}

function withAnswer(type: string | undefined, body: Partial<Exchange['answer'] & object>['body']): Partial<Exchange> {
  const headers = type === undefined ? [] : [{ name: 'Content-Type', value: type }]
  return { answer: { status: 200, version: 'HTTP/1.1', headers, ...(body && { body }) } }
}

const shownBody = (type: string, bytes: Uint8Array) =>
  opened(withAnswer(type, { bytes: bytes.length, sha256: 'aabbccddee' }), { aabbccddee: bytes })

describe('what was sent and received', () => {
  it('is asked for when it is opened, once', async () => {
    const { page, asked } = await shownTest(keptEvidence([exchangeOf()]))
    expect(asked).toEqual([])
    await open(page)
    await open(page)
    expect(asked).toEqual([{ action: 'evidence', job: 'j1', test: 0, attempt: 2, step: 0 }])
    const exchange = byId(page, 'exchange')[0]
    expect(exchange?.get('h4').text()).toBe('GET http://shop.example/')
    expect(exchange?.get('.facts-line').text()).toContain('200 HTTP/1.1from 192.0.2.1:80')
  })

  it('is that of an earlier attempt', async () => {
    const { page, asked } = await shownTest(keptEvidence([exchangeOf()]))
    await open(page, 1)
    expect(asked).toMatchObject([{ attempt: 1, step: 0 }])
    expect(page.get('[data-testid="earlier-attempt"] [data-testid="exchange"]').text()).toContain('GET')
  })

  it('is shown beside the list too', async () => {
    const { page } = await shownTest(keptEvidence([exchangeOf()]), { hash: '#/jobs/j1?test=0' })
    await open(page)
    expect(page.get('[data-testid="test-detail"] [data-testid="exchange"]').text()).toContain('GET')
  })

  it('says why nothing is kept', async () => {
    const { page } = await shownTest(() => undefined, { kept: { problem: 'the store was not there' } })
    expect(byId(page, 'evidence')).toHaveLength(0)
    expect(page.get('.evidence').text()).toBe('What was sent and received is not kept: the store was not there')
  })

  it('says why it is refused, and asks again if that is wanted', async () => {
    let answer: (command: Command) => Event | undefined = ({ action }) =>
      action === 'evidence'
        ? { type: 'error', at: '', code: 'forbidden', message: 'the link does not show it', temporary: false }
        : undefined
    const { page, asked } = await shownTest((command) => answer(command))
    await open(page)
    expect(page.get('.evidence [role="alert"]').text()).toContain('It cannot be shown: the link does not show it')
    answer = keptEvidence([exchangeOf()])
    await press(page, 'Try again')
    expect(byId(page, 'exchange')).toHaveLength(1)
    expect(asked).toHaveLength(2)
  })

  it('has the times in words', async () => {
    const page = await opened({ times: { waiting_us: 29, answer_us: 14_700, body_us: 1900 } })
    const times = page.get('[data-testid="times"]')
    const legend = times.findAll('dl > div').map((part) => `${part.get('dt').text()} ${part.get('dd').text()}`)
    expect(legend).toEqual(['waiting 29 µs', 'answer 15 ms', 'body 1.9 ms'])
    expect(times.findAll('.bar span')).toHaveLength(3)
  })

  it('has a failure in place of an answer', async () => {
    const failure = { kind: 'connect', message: 'nothing listens on port 9', is_permanent: false } as const
    const { answer, remote, ...exchange } = exchangeOf({ failure })
    const { page } = await shownTest(keptEvidence([exchange]))
    await open(page)
    expect(byId(page, 'exchange')[0]?.text()).toContain('No answer')
    expect(byId(page, 'exchange')[0]?.text()).toContain('nothing listens on port 9')
  })

  it('copies a command line', async () => {
    const writeText = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
    const page = await opened({})
    await press(page, 'Copy as curl')
    expect(writeText).toHaveBeenCalledWith("curl \\\n  --url 'http://shop.example/' \\\n  --header 'accept: */*'\n")
    expect(page.get('.exchange [role="status"]').text()).toBe('The command is copied')
    writeText.mockRejectedValue(new Error('no'))
    await press(page, 'Copied')
    expect((page.get('.exchange textarea').element as HTMLTextAreaElement).value).toContain('curl')
  })
})

describe('a body that strangers wrote', () => {
  const HOSTILE = '<script>window.ran = 1</script>\r\n<img src=x onerror="window.ran = 1"><iframe srcdoc="a">'

  it.each(['text/html', 'text/plain', 'image/svg+xml', 'application/xhtml+xml'])('is text: %s', async (type) => {
    const page = await shownBody(type, bytesOf(HOSTILE))
    expect(page.get('.lines').text()).toBe(HOSTILE.replace('\r\n', '\n'))
    expect(page.get('.numbers').text()).toBe('1\n2')
    expect(page.get('.exchange').findAll('img, iframe, script, object, embed')).toHaveLength(0)
    expect(window).not.toHaveProperty('ran')
  })

  it('is text in headers, addresses and JSON too', async () => {
    const field = { name: HOSTILE, value: HOSTILE }
    const json = bytesOf(JSON.stringify({ [HOSTILE]: HOSTILE }))
    const answer = { status: 200, version: HOSTILE, headers: [field], body: { bytes: json.length, sha256: 'aa' } }
    const page = await opened({ request: { method: HOSTILE, url: HOSTILE, headers: [field] }, answer }, { aa: json })
    expect(byId(page, 'json')).toHaveLength(1)
    expect(page.get('.exchange').findAll('img, iframe, script')).toHaveLength(0)
  })

  it('is an image only if it begins like one', async () => {
    const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
    const page = await shownBody('image/png', png)
    expect(page.get('.exchange img').attributes('src')).toBe('data:image/png;base64,iVBORw0KGgo=')
    const other = await shownBody('image/png', bytesOf(HOSTILE))
    expect(other.findAll('.exchange img')).toHaveLength(0)
  })

  it('is no image if that would fill the memory', async () => {
    const header = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]
    const page = await shownBody('image/png', new Uint8Array([...header, 0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]))
    expect(page.findAll('.exchange img')).toHaveLength(0)
    expect(page.get('.body').text().replaceAll(/\s+/g, ' ')).toContain(
      'It is not shown: the image says that it is 60,000 × 60,000 pixels large',
    )
    await press(page, 'Save')
    expect(vi.mocked(saveFile).mock.lastCall?.[0]).toBe('stepcast-aabbccdd.png')
  })

  it('has marks where the elements are that checks are about', async () => {
    const page = await shownBody('text/html; charset=utf-8', bytesOf(`<p>\r\n<h1 class="a">Welcom</h1>${HOSTILE}`))
    expect(page.findAll('.lines mark').map((mark) => mark.text())).toEqual(['<p>', '<h1 class="a">'])
    expect(page.findAll('.lines mark.is-failed').map((mark) => mark.text())).toEqual(['<h1 class="a">'])
    expect(page.get('.lines').text()).toBe(`<p>\n<h1 class="a">Welcom</h1>${HOSTILE.replace('\r', '')}`)
    expect(page.get('.body').text()).toContain('Failed checks are about what is outlined: line 2')
    expect(page.get('.body').text()).toContain('Checks that hold are about what is underlined with dots: line 1')
    expect(window).not.toHaveProperty('ran')
  })

  it('has no marks in the answer to a link, and still those in the page', async () => {
    const page = (path: string) => ({
      ...exchangeOf(),
      answer: {
        status: 200,
        version: 'HTTP/1.1',
        headers: [{ name: 'content-type', value: 'text/html' }],
        body: { bytes: 8, sha256: path },
      },
    })
    const exchanges = [page('aabbccdd'), { ...page('eeff'), is_link: true }]
    const contents = { aabbccdd: bytesOf('<h1>Welcom</h1>'), eeff: bytesOf('<h1>Gone</h1>') }
    const { page: shown } = await shownTest(keptEvidence(exchanges, contents, 4096))
    await open(shown)
    expect(byId(shown, 'exchange').map((one) => one.findAll('.lines mark').length)).toEqual([1, 0])
    expect(byId(shown, 'exchange').map((one) => one.text().includes('A link of the page'))).toEqual([false, true])
  })

  it('is saved as bytes that no browser runs', async () => {
    const bytes = bytesOf(HOSTILE)
    const page = await shownBody('text/html', bytes)
    await press(page, 'Save')
    expect(saveFile).toHaveBeenCalledWith('stepcast-aabbccdd.html', 'application/octet-stream', bytes)
  })

  it('is shown in part if it is long', async () => {
    const page = await shownBody('text/html', bytesOf('a'.repeat(65_537)))
    expect(page.get('.lines').text()).toHaveLength(65_536)
    expect(page.text()).toContain('Only the beginning is shown')
  })

  it('is JSON to fold, with bounds', async () => {
    const small = await shownBody('application/json', bytesOf('{"items":[{"stock":0}],"none":[]}'))
    const folds = small.findAll('[data-testid="json"] details')
    expect(folds.map((fold) => fold.attributes('open'))).toEqual(['', '', ''])
    expect(small.get('[data-testid="json"]').text().replaceAll(/\s+/g, ' ')).toBe(
      '{ 2 values"items": [ 1 value{ 1 value"stock": 0 } ]"none": [] }',
    )
    const large = await shownBody(
      'application/json',
      bytesOf(JSON.stringify(Array.from({ length: 9000 }, () => [[1]]))),
    )
    const isOpen = large.findAll('[data-testid="json"] details').map((fold) => fold.attributes('open') === '')
    expect(isOpen.slice(0, 4)).toEqual([true, true, false, true])
    expect(isOpen.length).toBeLessThan(1001)
    expect(large.text()).toContain('More is in it than is shown here')
  })

  it('says what is left out', async () => {
    const bodyText = async (body: NonNullable<Exchange['answer']>['body']) =>
      (await opened(withAnswer('text/html', body), { aa: bytesOf('kept') })).get('.exchange').text()
    expect(await bodyText({ bytes: 9, left_out: 'there was no room for it' })).toContain(
      'It is not kept: there was no room for it',
    )
    const part = await bodyText({ bytes: 9, sha256: 'aa', left_out: 'only its first 4 bytes are kept' })
    expect(part).toContain('Not all of it is kept: only its first 4 bytes are kept')
    expect(part).toContain('1kept')
    expect(await bodyText({ bytes: 9, sha256: 'gone' })).toContain('It is no longer kept')
    expect(await bodyText(undefined)).toContain('The body of the answer was not read')
  })

  it('has its size if it is neither', async () => {
    const page = await shownBody('font/woff2', new Uint8Array(2048))
    expect(page.get('.body header').text()).toContain('2.0 KiB, font/woff2')
    expect(page.text()).toContain('It is not a text')
  })
})
