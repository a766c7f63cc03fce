import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { checkAccessibility, fitsOnAPhone } from '../accessibility.mjs'
import { startServer } from './server.mjs'
import { HOSTILE } from './site.mjs'

const JOB = 'stepcast-job'

/** A suite with names and checks that try to become part of the page. It ends when the site lets its last test go. */
const suiteAt = (base) => ({
  suite: `Shop ${HOSTILE}`,
  defaults: { timeout: '60s' },
  tests: [
    ...[1, 2, 3, 4].map((place) => failing(`${place} ${HOSTILE}`, `${base}/?${place}`)),
    { name: 'Held', get: `${base}/held`, expect: [{ status: 200 }] },
  ],
})
const failing = (name, get) => ({ name, get, expect: [{ css: 'h1', text: `Not ${HOSTILE}` }] })

/** Shows a job that runs, by the examples and by the element, in Chromium. */
export async function checkPages(world) {
  const data = join(world.folder, 'pages')
  const server = await startServer(world, data, '--port', '0')
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  })
  const { connect } = await import(
    pathToFileURL(createRequire(join(world.installed, 'a.js')).resolve('stepcast-client')).href
  )
  const { default: WebSocket } = await import('ws')
  const client = connect({ ...server, WebSocket })
  const shown = { ...world, server, browser, client }
  try {
    await checkExamples(shown)
    await checkProblems(shown)
    await checkReturn(shown, data)
  } finally {
    client.close()
    await browser.close()
    await shown.server.stop()
  }
}

/** Starts a job that does not end before the site lets it, and makes a share link's token for it. */
async function heldJob({ client, site }) {
  site.hold()
  const { id } = await client.run({ suite: suiteAt(site.address) })
  const { token } = await client.send({ action: 'share', job: id })
  return { id, token }
}

async function openPage({ browser, pages }, path) {
  const page = await browser.newPage({ viewport: { width: 390, height: 780 } })
  page.setDefaultTimeout(30_000)
  const complaints = []
  const sockets = new Set()
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message))
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('websocket', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await page.goto(`${pages.address}${path}`)
  return { page, complaints, sockets }
}

/** The page with the element, as the example has it but for the address and the token. */
function elementPage({ pages, server }, token, more = '') {
  const at = { 'ws://127.0.0.1:8787/ws': server.url, 'token="eyJ…"': `token="${token}" ${more}` }
  return pages.example('element.html', at)
}

async function checkExamples(shown) {
  const { pages, server, site } = shown
  const { token } = await heldJob(shown)
  const text = elementPage(shown, token, 'failures="3"')
  // Nothing inline is allowed but the style of the example itself.
  const style = /<style>(.*)<\/style>/s.exec(text)?.[1] ?? ''
  const hash = createHash('sha256').update(style).digest('base64')
  const policy = `default-src 'self'; connect-src ${server.url}; style-src 'sha256-${hash}'`
  pages.put('/element.html', text, { 'content-security-policy': policy })
  const byElement = await openPage(shown, '/element.html')
  const byScript = await openPage(shown, `/page.html?server=${encodeURIComponent(server.url)}#/share/${token}`)
  const element = byElement.page.locator(JOB)

  await element.getByText('4 failed · 1 to go').waitFor()
  assert.equal(
    await element
      .getByRole('progressbar', { name: 'Tests that have ended' })
      .evaluate(({ value, max }) => `${value} of ${max}`),
    '4 of 5',
  )
  assert.equal(await element.getByRole('status').first().innerText(), 'Running')
  await byScript.page.getByText('4 of 5 tests have ended').waitFor()
  await checkElement(byElement.page, 'a job that runs')

  site.letGo()
  await element.getByText('Failed: 4 of 5 tests did not pass').waitFor()
  await byScript.page.getByText('failed: 5 of 5 tests have ended').waitFor()
  assert.equal(await element.getByRole('progressbar').count(), 0)
  assert.equal(await element.getByRole('listitem').count(), 3)
  await element.getByText('and 1 more that did not pass').waitFor()
  await checkElement(byElement.page, 'a job that has failed')
  assert.equal(await byScript.page.getByRole('listitem').count(), 4)
  for (const { page, complaints } of [byElement, byScript]) {
    assert.equal(await page.evaluate('"ran" in window'), false, 'a name should not run')
    assert.equal(await page.locator('img').count(), 0, 'a name should not become an element')
    assert.deepEqual(complaints, [])
  }
  await until(() => byElement.sockets.size === 0, 'a complete job should need no connection')
}

async function checkElement(page, name) {
  const text = await page.locator(JOB).evaluate(({ shadowRoot }) => shadowRoot.textContent)
  assert.ok(text.includes(`Shop ${HOSTILE}`) && text.includes(`1 ${HOSTILE}`), text)
  assert.match(text, /css `h1` text equals .*, found /s)
  await checkAccessibility(page, name)
  await fitsOnAPhone(page, name)
}

/** What it says when it cannot show a job, and that it ends its connection when it is removed. */
async function checkProblems(shown) {
  const { pages, server, site } = shown
  const { token, id } = await heldJob(shown)
  const unknown = '01a202c5-7d9b-7658-bb8e-a9c7c9ec7695'
  for (const [name, text, said] of [
    ['wrong', elementPage(shown, 'not-it', `job="${id}"`), 'it refuses the token. Trying again…'],
    ['no-token', elementPage(shown, 'a b', `job="${id}"`), 'this is not a token'],
    ['no-job', elementPage(shown, 'not-it'), 'The attribute `job`, and the token names none is missing.'],
    ['gone', elementPage(shown, server.token, `job="${unknown}"`), 'This job cannot be shown: '],
  ]) {
    pages.put(`/${name}.html`, text)
    const { page } = await openPage(shown, `/${name}.html`)
    await page.locator(JOB).getByRole('status').filter({ hasText: said }).waitFor()
    await checkAccessibility(page, said)
    await page.close()
  }
  pages.put('/removed.html', elementPage(shown, token))
  const { page, sockets } = await openPage(shown, '/removed.html')
  await page.locator(JOB).getByText('Running').waitFor()
  assert.equal(sockets.size, 1)
  const element = await page.locator(JOB).elementHandle()
  await element.evaluate((removed) => removed.remove())
  await until(() => sockets.size === 0, 'a removed element should end its connection')
  await page.evaluate((removed) => globalThis.document.body.append(removed), element)
  await page.locator(JOB).getByText('Running').waitFor()
  site.letGo()
  await page.locator(JOB).getByText('Failed: 4 of 5 tests did not pass').waitFor()
}

/** A server that dies and returns: the element says so, and shows how the job ends. */
async function checkReturn(shown, data) {
  const { pages, site } = shown
  const { token } = await heldJob(shown)
  pages.put('/return.html', elementPage(shown, token))
  const { page } = await openPage(shown, '/return.html')
  await page.locator(JOB).getByText('Running').waitFor()
  await shown.server.kill()
  await page.locator(JOB).getByText('Trying again…').waitFor()
  await checkAccessibility(page, 'a lost connection')
  shown.server = await startServer(shown, data, '--port', shown.server.port)
  site.letGo()
  await page.locator(JOB).getByText('Failed: 4 of 5 tests did not pass').waitFor({ timeout: 60_000 })
}

async function until(isSo, what) {
  for (const end = Date.now() + 10_000; !isSo();) {
    assert.ok(Date.now() < end, what)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
