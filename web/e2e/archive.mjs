// Opens an HTTP archive in the network panel of Chromium's developer tools, and as the site itself without a network.
//
//   node web/e2e/archive.mjs ARCHIVE
//
//   CHROMIUM         the browser (default: /usr/bin/chromium)
//
// The developer tools are pages that Chromium brings along. Their modules have no stable interface: what is used of them
// here is what a click on "Import HAR file" uses.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { chromium } from 'playwright-core'

const file = process.argv[2]
const text = readFileSync(file, 'utf8')
const { entries } = JSON.parse(text).log
const expected = entries.map(({ request, response }) => [request.method, request.url, response.status])
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
})
try {
  // The panel sorts requests by their start.
  assert.deepEqual((await inNetworkPanel()).sort(), expected.sort(), 'the network panel shows each request')
  const { request, response } = entries.find(({ response }) => response.content.mimeType.startsWith('text/html'))
  assert.equal(await asSite(request.url), headlineOf(response.content.text), 'the page is the one that was recorded')
  console.log(`the archive opens: ${entries.length} requests`)
} finally {
  await browser.close()
}

async function inNetworkPanel() {
  const page = await browser.newPage()
  await page.goto('devtools://devtools/bundled/devtools_app.html')
  await page.getByRole('tab', { name: 'Network' }).first().click()
  await page.evaluate(async (text) => {
    const { NetworkPanel } = await import('./panels/network/network.js')
    globalThis.requests = NetworkPanel.NetworkPanel.instance().networkLogView
    await globalThis.requests.onLoadFromFile(new File([text], 'job.har', { type: 'application/json' }))
  }, text)
  // The rows are added with a later frame.
  await page.waitForFunction((count) => globalThis.requests.flatNodesList().length === count, entries.length)
  return page.evaluate(() =>
    globalThis.requests
      .flatNodesList()
      .map((row) => row.request())
      .map((request) => [request.requestMethod, request.url(), request.statusCode]),
  )
}

/** The headline of a page that the browser gets from the archive alone. */
async function asSite(url) {
  const page = await browser.newPage()
  await page.routeFromHAR(file, { notFound: 'abort' })
  await page.goto(url)
  return page.textContent('h1')
}

function headlineOf(html) {
  return /<h1[^>]*>([^<]*)/.exec(html)[1]
}
