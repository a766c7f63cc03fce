// Tests the dashboard in a real browser against a running server: signs in with the link, runs a suite, watches it to
// its verdict, reads why a test failed, opens that test on its own page, reads what it sent and received, saves the
// results as files, reads when its tests ran, shares the job, finds it in the list, runs a suite on a site that changes,
// reads what changed, judges the failure by an edited suite, broadcasts a notice as an admin, and writes a suite in the
// editor.
// Checks each page with axe-core, in the light and in the dark scheme. Pages with a timeline of thousands of tests, or
// with all kinds of differences, are shown from a recording, without the server.
//
//   STEPCAST_SIGN_IN_URL   the link `stepcast up` prints; it works once
//   STEPCAST_HTTP          the server's address, if the link is only a path or a fragment
//   E2E_SUITE              a suite file; at least one of its tests should fail
//   E2E_VARS               lines of KEY=VALUE for it (optional)
//   E2E_VERDICT            the expected verdict (default: failed)
//   E2E_EXPECTED, E2E_ACTUAL   text that the first failing check must quote (default: any)
//   E2E_TIMEOUT_S          how long the run may take (default: 60)
//   CHROMIUM               the browser (default: /usr/bin/chromium)
//   E2E_SCREENSHOT         where to save a screenshot after a failure (optional)

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { chromium } from 'playwright-core'
import { checkAccessibility, fitsOnAPhone } from './accessibility.mjs'
import { startChangingSite } from './changing-site.mjs'
import { checkRecordedPages } from './recording.mjs'
import { checkSuiteEditor, closesOnlyCompletions, writeSuite } from './suite-editor.mjs'

const BROWSER_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** How many failures after the first are looked into */
const MOST_FAILURES = 5

const WIDE = { width: 1360, height: 850 }
const PHONE = { width: 390, height: 780 }

const environment = process.env
const browserPath = environment.CHROMIUM ?? '/usr/bin/chromium'
const verdict = environment.E2E_VERDICT ?? 'failed'
const timeout = Number(environment.E2E_TIMEOUT_S ?? '60') * 1000

function need(name) {
  const value = environment[name]
  if (!value) throw new Error(`\`${name}\` is not set; see the top of e2e/dashboard.mjs`)
  return value
}

function signInUrl() {
  return new URL(need('STEPCAST_SIGN_IN_URL'), environment.STEPCAST_HTTP).href
}

async function signIn(page) {
  await page.goto(signInUrl())
  await page.getByTestId('connection-state').filter({ hasText: 'Connected' }).waitFor()
  assert.ok(!page.url().includes('code='), 'the sign-in code should have left the address')
}

/** Returns the id of the job. */
async function runSuite(page, suite, vars = environment.E2E_VARS ?? '') {
  await writeSuite(page, suite)
  await page.locator('#suite-vars').fill(vars)
  await page.getByTestId('run-button').click()
  const problems = page.locator('.problems')
  await page.waitForURL(/#\/jobs\/./).catch(async (error) => {
    if (await problems.isVisible()) throw new Error(`the suite was refused:\n${await problems.innerText()}`)
    throw error
  })
  return decodeURIComponent(page.url().split('#/jobs/')[1])
}

async function awaitVerdict(page, expected = verdict) {
  const shown = page.getByTestId('verdict').filter({ hasText: /passed|failed|errored|empty|cancelled/i })
  await shown.waitFor({ timeout })
  assert.match(await shown.innerText(), new RegExp(expected, 'i'), 'the verdict')
}

/** Failing tests come first, so the first row is one of them. */
async function readFailure(page) {
  await page.getByTestId('test-row').first().click()
  const failure = page.getByTestId('test-detail').getByTestId('check-failure').first()
  await failure.waitFor()
  const quoted = { expected: '.expected', actual: '.actual' }
  for (const [what, selector] of Object.entries(quoted)) {
    const text = await failure.locator(selector).innerText()
    assert.notEqual(text.trim(), '', `the failing check should say what was ${what}`)
    const wanted = environment[`E2E_${what.toUpperCase()}`] ?? ''
    assert.ok(text.includes(wanted), `${what}: \`${text}\` should contain \`${wanted}\``)
  }
  await page.getByTestId('test-past').getByText('newest').waitFor()
  await checkAccessibility(page, 'a job with an open test')
}

/** Opens the failed test alone, goes to the next failure and back by key, and returns to the job. */
async function readTestAlone(page) {
  await page.getByRole('link', { name: 'Open on its own page' }).click()
  await page.waitForURL(/#\/jobs\/[^/]+\/tests\/\d+$/)
  const test = page.getByTestId('test-page')
  await test.getByTestId('check-failure').first().waitFor()
  await test.getByTestId('test-past').getByText('newest').waitFor()
  await test.getByText('As a table').click()
  await test.getByTestId('past-table').getByRole('row').nth(1).waitFor()
  await checkAccessibility(page, 'a test on its own page')
  await page.setViewportSize(PHONE)
  await fitsOnAPhone(page, 'the page of a test')
  await checkAccessibility(page, 'a test on its own page, on a phone')
  await page.setViewportSize(WIDE)
  await readEvidence(page)
  await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link').last().click()
  await page.getByTestId('test-row').first().waitFor()
}

/** Opens what each failed test sent and received, on the test's own page, and saves a body. */
async function readEvidence(page) {
  const test = page.getByTestId('test-page')
  const evidence = test.getByTestId('evidence').first()
  const next = page.getByRole('button', { name: 'Next failure' })
  await openEvidence(evidence)
  const source = evidence.getByTestId('source').last()
  const text = await source.innerText()
  assert.ok(text.includes(environment.E2E_ACTUAL ?? ''), `the body should contain what was found: ${text}`)
  const check = await test.getByTestId('check-failure').first().locator('.what').innerText()
  if (check.startsWith('css `') && environment.E2E_ACTUAL) await source.locator('mark').first().waitFor()
  await saveBody(page, evidence, text)
  await checkAccessibility(page, 'what a test sent and received')
  const first = page.url()
  for (let others = 0; others < MOST_FAILURES && (await next.isEnabled()); others += 1) {
    await next.click()
    if (page.url() === first) break
    await openEvidence(evidence)
    await checkAccessibility(page, 'what another test sent and received')
  }
  await page.setViewportSize(PHONE)
  await fitsOnAPhone(page, 'what was sent and received')
  await checkAccessibility(page, 'what a test sent and received, on a phone')
  await page.setViewportSize(WIDE)
}

/** Opens it by keyboard. That of the test that was shown before is open. */
async function openEvidence(evidence) {
  await evidence.and(evidence.page().locator(':not([open])')).waitFor()
  await evidence.locator('summary').first().press('Enter')
  const exchange = evidence.getByTestId('exchange').first()
  await exchange.getByTestId('times').getByText('answer').waitFor()
  await exchange.getByText('Request headers').press('Enter')
  await exchange.getByText('user-agent').waitFor()
}

async function saveBody(page, evidence, shown) {
  const saved = page.waitForEvent('download')
  await evidence.getByRole('button', { name: 'Save: Answer body' }).click()
  const download = await saved
  assert.match(download.suggestedFilename(), /^stepcast-[0-9a-f]{8}\.html$/)
  const [line] = readFileSync(await download.path(), 'utf8').split('\n')
  assert.ok(shown.includes(line.trim()), `the saved body should be the one that is shown: ${line}`)
}

/** Opens the timeline by keyboard, and closes it. */
async function readTimeline(page) {
  const timeline = page.getByTestId('timeline')
  await timeline.locator('summary').press('Enter')
  const canvas = timeline.getByTestId('timeline-canvas')
  await canvas.waitFor()
  await timeline.getByTestId('timeline-table').getByRole('row').nth(1).waitFor()
  assert.match((await canvas.getAttribute('aria-label')) ?? '', /^\d+ tests? ended in \d+ worker/)
  await checkAccessibility(page, 'a job with an open timeline')
  await page.setViewportSize(PHONE)
  await fitsOnAPhone(page, 'a job with an open timeline')
  await page.setViewportSize(WIDE)
  await timeline.locator('summary').press('Enter')
}

/** Runs a suite, changes its site and runs it again: reads what changed, and judges the failure by an edited suite. */
async function readWhatChanged(page) {
  const site = await startChangingSite()
  try {
    await page.locator('.brand').click()
    await runSuite(page, site.suite, '')
    await awaitVerdict(page, 'passed')
    site.change()
    await page.locator('.brand').click()
    await runSuite(page, site.suite, '')
    await awaitVerdict(page, 'failed')
    await page.getByTestId('test-row').filter({ hasText: 'since it passed' }).click()
    const test = page.getByTestId('test-detail')
    const changed = await test.getByTestId('since-passed').innerText()
    assert.ok(changed.includes('Welcome') && changed.includes('Farewell'), `what changed is not told: ${changed}`)
    await test.getByTestId('evidence').locator('summary').first().press('Enter')
    await test.getByTestId('differences').getByText('a failed check looks here').first().waitFor()
    await checkAccessibility(page, 'what changed since a test passed')
    await judgeAgain(page, site.editedSuite)
  } finally {
    await site.stop()
  }
}

async function judgeAgain(page, suite) {
  await page.getByRole('button', { name: 'Judge again by its evidence…' }).click()
  await page.locator('.job-panel').getByRole('button', { name: 'Write or paste' }).click()
  await writeSuite(page, suite)
  await checkAccessibility(page, 'a job to be judged again')
  await closesOnlyCompletions(page)
  await writeSuite(page, suite)
  await page.setViewportSize(PHONE)
  await fitsOnAPhone(page, 'a job to be judged again')
  await page.setViewportSize(WIDE)
  await page.getByRole('button', { name: 'Judge again', exact: true }).click()
  const judged = page.getByTestId('judged')
  await judged.getByText('Failed before, pass now: 1 test').waitFor()
  await judged.getByRole('link', { name: 'Home page' }).waitFor()
  await awaitVerdict(page, 'passed')
  await checkAccessibility(page, 'a job that was judged by evidence')
}

/** Saves what failing tests sent and received, and reads it. */
async function downloadArchive(page, job) {
  const saved = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download HAR' }).click()
  const download = await saved
  assert.equal(download.suggestedFilename(), `stepcast-${job}.har`)
  const { log } = JSON.parse(readFileSync(await download.path(), 'utf8'))
  assert.ok(log.entries.length >= log.pages.length && log.pages.length > 0, 'the archive should have requests')
  assert.ok(log.entries.every(({ pageref }) => log.pages.some(({ id }) => id === pageref)))
}

/** Saves the results as files, and reads them. */
async function downloadResults(page, job) {
  for (const [format, extension, begins, ends] of [
    ['JUnit', 'xml', '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>', '</testsuites>'],
    ['NDJSON', 'ndjson', '{"type":"job.state"', '}\n'],
  ]) {
    const saved = page.waitForEvent('download')
    await page.getByRole('button', { name: `Download ${format}` }).click()
    const download = await saved
    assert.equal(download.suggestedFilename(), `stepcast-${job}.${extension}`)
    const text = readFileSync(await download.path(), 'utf8')
    assert.ok(text.startsWith(begins) && text.endsWith(ends), `${format}: ${text.slice(0, 200)}`)
    if (format === 'NDJSON') assert.equal(JSON.parse(text.trim().split('\n').at(-1)).type, 'job.finished')
  }
}

async function findInList(page, job) {
  await page.locator('.brand').click()
  const row = page.getByTestId('job-row').filter({ has: page.locator(`a[href="#/jobs/${encodeURIComponent(job)}"]`) })
  await row.filter({ hasText: new RegExp(verdict, 'i') }).waitFor()
  await checkAccessibility(page, 'the list of jobs')
}

/** Opens the share link without a token, in a new browser context. */
async function shareWithAGuest(page, browser, job) {
  await page.getByRole('button', { name: 'Share…' }).click()
  const link = await page.getByTestId('share-link').inputValue()
  await page.getByRole('button', { name: 'Close', exact: true }).click()
  const guests = await browser.newContext()
  const guest = await guests.newPage()
  guest.setDefaultTimeout(30_000)
  await guest.goto(link)
  await guest
    .getByTestId('verdict')
    .filter({ hasText: new RegExp(verdict, 'i') })
    .waitFor()
  assert.ok(!guest.url().includes('share'), 'the token should have left the address')
  assert.equal(
    await guest.getByRole('button', { name: 'Run again', exact: true }).count(),
    0,
    'a guest should have no actions',
  )
  await checkAccessibility(guest, 'a shared job')
  await downloadResults(guest, job)
  if (verdict === 'failed') {
    await guest.getByTestId('test-row').first().click()
    await openEvidence(guest.getByTestId('evidence').first())
    await checkAccessibility(guest, 'what a test of a shared job sent and received')
  }
  await guests.close()
}

/** Uses the admin page: the sign-in link belongs to an admin. */
async function serveAnAdmin(page) {
  await page.getByRole('link', { name: 'Admin' }).click()
  await page.getByTestId('connection-row').filter({ hasText: '(you)' }).waitFor()
  await page.getByRole('textbox', { name: 'Send a notice to everyone' }).fill('Restart at 18:00')
  await page.getByRole('button', { name: 'Broadcast' }).click()
  await page.locator('.notice').filter({ hasText: 'Restart at 18:00' }).waitFor()
  await checkAccessibility(page, 'the admin page')
  await page.getByRole('link', { name: 'Suites' }).click()
  await page.getByText('None yet').waitFor()
  await checkAccessibility(page, 'the list of suites')
}

async function dashboardShowsARun(browser) {
  const page = await browser.newPage({ viewport: WIDE })
  page.setDefaultTimeout(30_000)
  // The browser reports a blocked script or style only here.
  const complaints = []
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message))
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  try {
    await signIn(page)
    await checkAccessibility(page, 'the first page')
    const job = await runSuite(page, readFileSync(need('E2E_SUITE'), 'utf8'))
    await awaitVerdict(page)
    if (verdict === 'failed') {
      await readFailure(page)
      await readTestAlone(page)
    }
    await downloadResults(page, job)
    if (verdict === 'failed') await downloadArchive(page, job)
    await readTimeline(page)
    await shareWithAGuest(page, browser, job)
    await findInList(page, job)
    await readWhatChanged(page)
    await serveAnAdmin(page)
    await checkSuiteEditor(page, browser)
    assert.deepEqual(complaints, [], 'the browser should report no errors')
  } catch (error) {
    if (environment.E2E_SCREENSHOT) await page.screenshot({ path: environment.E2E_SCREENSHOT })
    if (complaints.length > 0) error.message += `\nthe browser reported:\n${complaints.join('\n')}`
    throw error
  }
}

async function main() {
  if (!existsSync(browserPath)) {
    throw new Error(
      `there is no browser at ${browserPath}\n\nhint: install Chromium, or name one with CHROMIUM=/path/to/it`,
    )
  }
  signInUrl()
  const browser = await chromium.launch({ executablePath: browserPath, args: BROWSER_ARGUMENTS })
  try {
    await dashboardShowsARun(browser)
    await checkRecordedPages(browser)
  } finally {
    await browser.close()
  }
}

try {
  await main()
  console.log('ok: the dashboard shows a run from its start to its verdict')
  console.log('1 passed, 0 failed')
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  console.log('0 passed, 1 failed')
  process.exitCode = 1
}
