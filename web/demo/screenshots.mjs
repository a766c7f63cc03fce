// Pictures of every page for looking at: `node demo/screenshots.mjs [folder]`. CHROMIUM names another browser.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { chromium } from 'playwright-core'
import { createServer } from 'vite'

const folder = process.argv[2] ?? 'screenshots'
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const RUNNING = '01JD7CZ8QH'
const FAILED = '01JD7BVX01'
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

async function runText(page, text) {
  await page.getByTestId('run-suite-text').fill(text)
  await page.getByTestId('run-suite-text').press('Control+Enter')
  await page.locator('.problems').waitFor()
}

const server = await createServer({ server: { port: 0 }, logLevel: 'warn' })
await server.listen()
const base = server.resolvedUrls?.local[0]
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
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

await browser.close()
await server.close()
