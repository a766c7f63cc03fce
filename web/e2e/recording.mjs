// Checks pages of the demo, which shows a recording: what changed since a test passed, a timeline of thousands of tests,
// and a job that was judged by evidence. A server would need weeks and a site that changes.
//
// The demo is served by Vite, because it is no part of the built dashboard.

import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'
import { checkAccessibility, fitsOnAPhone } from './accessibility.mjs'

const RUNNING = '#/jobs/01JD7CZ8QH'
const FAILED = '#/jobs/01JD7BVX01'
const JUDGED = '#/jobs/01JD7C1EDT'

const SIZES = [
  { name: 'on a screen', viewport: { width: 1360, height: 850 } },
  { name: 'on a phone', viewport: { width: 390, height: 780 } },
]

const pages = [
  { name: 'what changed, beside the list', hash: `${FAILED}?test=3`, open: openChanges },
  { name: 'what changed, on the page of a test', hash: `${FAILED}/tests/3`, open: openChanges },
  { name: 'an open timeline', hash: RUNNING, open: openTimeline },
  { name: 'a job that was judged by evidence', hash: JUDGED, open: openComparison },
]

async function openChanges(page) {
  await page.getByTestId('since-passed').getByText('and 2 more').waitFor()
  await copyTrace(page.getByTestId('trace'))
  await page.getByTestId('evidence').locator('summary').first().press('Enter')
  const changes = page.getByTestId('differences')
  await changes.getByText('2 places that differ each time').press('Enter')
  assert.equal(await changes.getByTestId('difference').count(), 6)
  await checkMarks(page.getByTestId('source').last())
}

/** Whether the browser lets a page copy depends on where it runs; both are said. */
async function copyTrace(trace) {
  assert.deepEqual(await trace.locator('code').allInnerTexts(), [
    '01a202c57d9b7658bb8ea9c7c9ec7695',
    'b7ad6b7169203331',
  ])
  await trace.getByRole('button', { name: 'Copy the trace id' }).press('Enter')
  await trace.getByText(/The trace id is copied|Select the trace id instead/).waitFor()
}

/** One check failed. Another holds, and found a text in an element by its XPath. */
async function checkMarks(source) {
  const marked = () =>
    source.locator('mark').evaluateAll((all) => all.map((mark) => [mark.className, mark.textContent]))
  assert.deepEqual(await marked(), [
    ['marked is-failed', '<h1>'],
    ['marked', '<span class="price">'],
  ])
}

async function openTimeline(page) {
  const timeline = page.getByTestId('timeline')
  await timeline.locator('summary').press('Enter')
  const canvas = timeline.getByTestId('timeline-canvas')
  await canvas.waitFor()
  assert.equal(await timeline.getByTestId('timeline-table').getByRole('row').count(), 6)
  const { width, height } = await canvas.boundingBox()
  // A bar is wherever a worker was busy, which it mostly was.
  const said = timeline.getByTestId('timeline-test').getByRole('link')
  for (let x = 10; x < width && !(await said.isVisible()); x += 10) await canvas.click({ position: { x, y: 45 } })
  assert.ok(await said.isVisible(), `no bar was found on a canvas of ${width} x ${height} px`)
  assert.ok(await hasColours(canvas), 'the bars should be drawn')
  await timeline.getByRole('button', { name: 'Closer' }).press('Enter')
}

/** Whether the canvas has pixels that are neither transparent nor grey. */
async function hasColours(canvas) {
  return canvas.evaluate((element) => {
    const { data } = element.getContext('2d').getImageData(0, 0, element.width, element.height)
    return data.some((red, place) => place % 4 === 0 && data[place + 3] > 200 && Math.abs(red - data[place + 1]) > 40)
  })
}

async function openComparison(page) {
  await page.getByTestId('judged').getByText('Failed before, pass now: 1 test').waitFor()
}

export async function checkRecordedPages(browser) {
  const server = await createServer({
    root: fileURLToPath(new URL('..', import.meta.url)),
    server: { port: 0 },
    logLevel: 'error',
  })
  try {
    await server.listen()
    for (const { name: size, viewport } of SIZES) {
      for (const { name, hash, open } of pages) {
        const page = await browser.newPage({ viewport })
        page.setDefaultTimeout(30_000)
        await page.goto(`${server.resolvedUrls?.local[0]}demo/?speed=0${hash}`)
        await open(page)
        await checkAccessibility(page, `${name}, ${size}`)
        await fitsOnAPhone(page, name)
        await page.close()
      }
    }
  } finally {
    await server.close()
  }
}
