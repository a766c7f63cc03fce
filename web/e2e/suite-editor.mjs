import assert from 'node:assert/strict'
import { checkAccessibility, fitsOnAPhone } from './accessibility.mjs'

const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true }

/** The longest that the page may not react, in milliseconds: the machine may be slow. */
const LONGEST_BLOCK_MS = 3000

/** Measures the longest time between two turns of the page. */
const MEASURE_BLOCKS = `
  window.longestBlock = 0
  let last = performance.now()
  const turn = () => {
    window.longestBlock = Math.max(window.longestBlock, performance.now() - last)
    last = performance.now()
    window.measuring = setTimeout(turn, 20)
  }
  turn()
`
/** After this time a text that is not too large has been checked */
const CHECKED_MS = 1500
/** The editor ignores keys for this long after its completions appeared, so that none is taken by accident */
const COMPLETIONS_MS = 100

const WRONG = `suite: Written by hand
tests:
  - name: Home page
    gett: http://127.0.0.1:1/
    expect:
      - css: 'h1['
        exists: true
`

/** Replaces the text of the editor as if another was pasted. Typing takes Chromium seconds for a thousand lines. */
export async function writeSuite(page, text) {
  const editor = page.locator('[data-testid="suite-text"][contenteditable="true"]')
  await editor.press('ControlOrMeta+a')
  await editor.evaluate((element, pasted) => {
    const clipboardData = new globalThis.DataTransfer()
    clipboardData.setData('text/plain', pasted)
    element.dispatchEvent(new globalThis.ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  }, text)
}

/** Completes a key and a name in a template, sees mistakes at their lines, corrects and runs the suite; and sees the plain field on a phone. */
export async function checkSuiteEditor(page, browser) {
  await page.locator('.brand').click()
  const editor = page.locator('[data-testid="suite-text"][contenteditable="true"]')
  await completesAKey(page, editor)
  await explainsAKey(page, editor)
  await completesAName(page, editor)
  await showsWhatIsWrong(page, editor)
  await showsWhatTheServerRefuses(page, editor)
  await leavesByTab(page, editor)
  await staysResponsive(page)
  await runsByKey(page, editor)
  await usesThePlainFieldOnAPhone(page, browser)
}

/** What is around the editor closes with Escape too, but not while that closes the completions. */
export async function closesOnlyCompletions(page) {
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type('su')
  const options = page.locator('.cm-tooltip-autocomplete').getByRole('option')
  await options.first().waitFor()
  await page.keyboard.press('Escape')
  await options.first().waitFor({ state: 'detached' })
  await page.getByTestId('suite-text').waitFor()
}

async function completesAKey(page, editor) {
  await writeSuite(page, 'suite: Written by hand\n')
  await editor.press('ControlOrMeta+End')
  await page.keyboard.type('te')
  const options = page.locator('.cm-tooltip-autocomplete').getByRole('option')
  await options.filter({ hasText: 'tests' }).waitFor()
  await page.getByText('The tests, at least one').waitFor()
  await checkAccessibility(page, 'the editor with completions')
  await page.keyboard.press('Enter')
  await page.keyboard.type('na')
  await options.filter({ hasText: 'name' }).first().waitFor()
  await page.waitForTimeout(COMPLETIONS_MS)
  await page.keyboard.press('Enter')
  await page.keyboard.type('Home')
  assert.match(await editor.innerText(), /suite: Written by hand\ntests:\n {2}- name: Home$/)
}

async function explainsAKey(page, editor) {
  await editor.getByText('name', { exact: true }).hover()
  await page.locator('.cm-tooltip-hover').getByText('The name of the test').waitFor()
  await page.mouse.move(0, 0)
}

async function completesAName(page, editor) {
  await writeSuite(page, 'vars: { base: http://127.0.0.1:1 }\ntests:\n  - name: Home\n    get: ')
  await editor.press('ControlOrMeta+End')
  await page.keyboard.type('${')
  const options = page.locator('.cm-tooltip-autocomplete').getByRole('option')
  await options.filter({ hasText: 'new.uuid' }).waitFor()
  await page.keyboard.type('b')
  await page.getByText('A variable of the suite').waitFor()
  await checkAccessibility(page, 'the editor with names')
  await page.keyboard.press('Enter')
  await page.keyboard.type('}/')
  assert.match(await editor.innerText(), /^ {4}get: \$\{base\}\/$/m)
}

async function showsWhatIsWrong(page, editor) {
  await writeSuite(page, WRONG)
  const mistakes = page.getByTestId('suite-mistakes')
  await mistakes.getByText('unknown key `gett`').waitFor()
  await mistakes.getByText('did you mean `get`?').waitFor()
  await page.getByTestId('suite-status').getByText('1 problem, the first in line 4').waitFor({ state: 'attached' })
  assert.equal(await page.locator('.cm-lint-marker-error').count(), 1)
  await checkAccessibility(page, 'the editor with a mistake')
  await mistakes.getByRole('button', { name: 'line 4:5' }).click()
  await page.keyboard.press('Shift+End')
  await page.keyboard.type('get: http://127.0.0.1:1/')
  await mistakes.waitFor({ state: 'detached' })
  assert.match(await editor.innerText(), /^ {4}get: http:\/\/127\.0\.0\.1:1\/$/m)
}

/** Only the server reads selectors. */
async function showsWhatTheServerRefuses(page, editor) {
  await page.getByTestId('run-button').click()
  const refused = page.locator('#run-problems')
  await refused.getByText('is not a CSS selector').waitFor()
  await page.locator('.cm-lint-marker-error').waitFor()
  await checkAccessibility(page, 'the editor with what the server refused')
  await refused.getByRole('button', { name: 'line 6' }).click()
  await editor.and(page.locator(':focus')).waitFor()
}

async function leavesByTab(page, editor) {
  await editor.focus()
  await page.keyboard.press('Tab')
  await editor.and(page.locator(':not(:focus)')).waitFor()
}

/** Whatever is pasted, the page goes on to react, also while it is parsed, drawn and checked. */
async function staysResponsive(page) {
  const texts = ['x: '.repeat(350_000), '['.repeat(1_000_000), `suite: "${'\u202e\u0007'.repeat(40_000)}"`]
  for (const text of texts) {
    await page.evaluate(MEASURE_BLOCKS)
    await writeSuite(page, text)
    if (text.length > 100_000) await page.getByText('too large to be checked while you type').last().waitFor()
    await page.waitForTimeout(CHECKED_MS)
    const longest = await page.evaluate('clearTimeout(window.measuring), window.longestBlock')
    assert.ok(longest < LONGEST_BLOCK_MS, `the page did not react for ${Math.round(longest)} ms`)
  }
}

async function runsByKey(page, editor) {
  const suite = WRONG.replace('gett', 'get').replace('h1[', 'h1')
  await writeSuite(page, suite)
  await editor.press('ControlOrMeta+Home')
  await editor.press('Control+Enter')
  await page.waitForURL(/#\/jobs\/./)
  await page.locator('.brand').click()
  await editor.waitFor()
  assert.equal((await editor.innerText()).trim(), suite.trim(), 'the keys that run a suite should not change it')
}

async function usesThePlainFieldOnAPhone(page, browser) {
  const state = await page.evaluate('JSON.stringify({ ...sessionStorage })')
  const context = await browser.newContext(PHONE)
  await context.addInitScript((stored) => Object.assign(sessionStorage, JSON.parse(stored)), state)
  const phone = await context.newPage()
  const requested = []
  phone.on('request', (request) => requested.push(request.url()))
  await phone.goto(page.url().split('#')[0])
  await phone.getByRole('button', { name: 'Run a suite' }).tap()
  const field = phone.getByRole('textbox', { name: 'Suite' })
  await field.fill('suite: [')
  await phone.getByTestId('run-button').tap()
  await phone.locator('#run-problems').getByText('line 1:').first().waitFor()
  assert.equal(await field.evaluate((element) => element.tagName), 'TEXTAREA')
  assert.deepEqual(
    requested.filter((url) => url.includes('SuiteEditor')),
    [],
    'a phone should not load the editor',
  )
  await fitsOnAPhone(phone, 'the run box')
  await checkAccessibility(phone, 'the run box on a phone')
  await context.close()
}
