// Pictures of every page for looking at, from a recording:
//
//   node demo/screenshots.mjs [FOLDER]
//
// The two pictures of the README, `job.png` and `failure.png`, from a running server:
//
//   node demo/screenshots.mjs --readme [FOLDER] [--stepcast PROGRAM]
//
//   FOLDER                 where they go (default: docs/images)
//   --stepcast PROGRAM     the program whose server is started for them (default: target/debug/stepcast)
//   STEPCAST_SIGN_IN_URL   the link that `make demo` prints, to use that server; it works once
//
// CHROMIUM names another browser.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { createServer } from 'vite'
import { takeReadmePictures } from './readme-pictures.mjs'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { readme: { type: 'boolean', default: false }, stepcast: { type: 'string' } },
})
const inProject = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const folder = positionals[0] ?? (options.readme ? inProject('docs/images') : 'screenshots')
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const RUNNING = '01JD7CZ8QH'
const FAILED = '01JD7BVX01'
const JUDGED = '01JD7C1EDT'
const WIDE = { width: 1360, height: 850 }
const PHONE = { width: 390, height: 780 }

const SUITE = `suite: Shop
tests:
  - name: Home page
    get: https://shop.example/
    expect:
      - status: 200
      - css: h1
        texd: Welcome
      - css: .product[
        exists: true
  - name: Sign in
`

const pictures = [
  { name: 'jobs', hash: '#/', size: WIDE },
  { name: 'jobs-dark', hash: '#/', size: WIDE, dark: true },
  { name: 'jobs-phone', hash: '#/', size: PHONE },
  { name: 'running', hash: `#/jobs/${RUNNING}`, size: WIDE },
  { name: 'running-dark', hash: `#/jobs/${RUNNING}`, size: WIDE, dark: true },
  { name: 'failed', hash: `#/jobs/${FAILED}`, size: WIDE },
  { name: 'failed-test', hash: `#/jobs/${FAILED}?test=3`, size: WIDE },
  { name: 'failed-test-dark', hash: `#/jobs/${FAILED}?test=3`, size: WIDE, dark: true },
  { name: 'failed-phone', hash: `#/jobs/${FAILED}`, size: PHONE },
  { name: 'failed-test-phone', hash: `#/jobs/${FAILED}?test=3`, size: PHONE },
  { name: 'test', hash: `#/jobs/${FAILED}/tests/3`, size: WIDE, act: chartIn },
  { name: 'test-dark', hash: `#/jobs/${FAILED}/tests/3`, size: WIDE, dark: true, act: chartIn },
  { name: 'test-phone', hash: `#/jobs/${FAILED}/tests/3`, size: PHONE, act: chartIn },
  { name: 'evidence', hash: `#/jobs/${FAILED}/tests/3`, size: WIDE, act: evidenceIn },
  { name: 'evidence-dark', hash: `#/jobs/${FAILED}/tests/3`, size: WIDE, dark: true, act: evidenceIn },
  { name: 'evidence-phone', hash: `#/jobs/${FAILED}/tests/3`, size: PHONE, act: evidenceIn },
  { name: 'timeline', hash: `#/jobs/${RUNNING}`, size: WIDE, act: timelineIn },
  { name: 'timeline-dark', hash: `#/jobs/${RUNNING}`, size: WIDE, dark: true, act: timelineIn },
  { name: 'timeline-phone', hash: `#/jobs/${RUNNING}`, size: PHONE, act: timelineIn },
  { name: 'judge', hash: `#/jobs/${FAILED}`, size: WIDE, act: judgeIn },
  { name: 'judge-phone', hash: `#/jobs/${FAILED}`, size: PHONE, act: judgeIn },
  { name: 'judged', hash: `#/jobs/${JUDGED}`, size: WIDE },
  { name: 'judged-phone', hash: `#/jobs/${JUDGED}`, size: PHONE },
  { name: 'run-refused', hash: '#/', size: WIDE, act: (page) => runText(page, SUITE) },
  { name: 'run-unreadable', hash: '#/', size: WIDE, act: (page) => runText(page, 'suite: Shop\ntests: [\n  - {') },
  { name: 'suites', hash: '#/suites', size: WIDE },
  { name: 'suite', hash: '#/suites/Checkout', size: WIDE },
  { name: 'admin', hash: '#/admin', size: WIDE },
  { name: 'admin-dark', hash: '#/admin', size: WIDE, dark: true },
  { name: 'admin-phone', hash: '#/admin', size: PHONE },
  { name: 'signed-out', query: '&scene=signed-out', hash: '#/', size: WIDE },
  { name: 'reconnecting', query: '&scene=reconnecting', hash: '#/', size: WIDE },
]

/** The chart is loaded only where it is shown. */
async function chartIn(page) {
  await page.getByTestId('duration-chart').locator('canvas').waitFor()
}

async function timelineIn(page) {
  await page.getByTestId('timeline').getByText('Timeline').click()
  await page.getByTestId('timeline-canvas').waitFor()
  await page.getByTestId('timeline').scrollIntoViewIfNeeded()
}

async function evidenceIn(page) {
  await page.getByTestId('evidence').locator('summary').first().click()
  await page.getByTestId('exchange').first().waitFor()
  await page.getByTestId('differences').scrollIntoViewIfNeeded()
}

async function judgeIn(page) {
  await page.getByRole('button', { name: 'Judge again by its evidence…' }).click()
  await page.getByRole('button', { name: 'Write or paste' }).click()
}

async function runText(page, text) {
  await page.getByTestId('suite-text').fill(text)
  await page.getByTestId('suite-text').press('Control+Enter')
  await page.locator('.problems').waitFor()
}

async function takeRecordedPages(browser) {
  const server = await createServer({ server: { port: 0 }, logLevel: 'warn' })
  await server.listen()
  const base = server.resolvedUrls?.local[0]
  mkdirSync(folder, { recursive: true })
  for (const { name, query = '', hash, size, dark, act } of pictures) {
    const page = await browser.newPage({ viewport: size, colorScheme: dark ? 'dark' : 'light' })
    page.on('console', (message) => message.type() === 'error' && console.error(`${name}: ${message.text()}`))
    page.on('pageerror', (error) => console.error(`${name}: ${error.message}`))
    await page.goto(`${base}demo/?speed=0${query}${hash}`)
    await page.locator('main h1').first().waitFor()
    await page.waitForTimeout(300)
    await act?.(page)
    await page.screenshot({ path: join(folder, `${name}.png`) })
    await page.close()
  }
  await server.close()
}

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
try {
  const stepcast = options.stepcast ?? inProject('target/debug/stepcast')
  if (options.readme) await takeReadmePictures(browser, { stepcast, pictures: folder })
  else await takeRecordedPages(browser)
} finally {
  await browser.close()
}
