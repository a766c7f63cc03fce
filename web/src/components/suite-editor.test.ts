// @vitest-environment happy-dom

import { EditorView } from '@codemirror/view'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Command, Event } from 'stepcast-client'
import { Replay } from 'stepcast-client/dashboard'
import { draft } from '../run-draft'
import RunBox from './RunBox.vue'
import { byId, nextFrame, press, show } from './testing'

const WRONG = 'suite: S\ntests:\n  - name: A\n    gett: https://x/\n    expect: [ { css: "h1[" } ]\n'
const SELECTOR = { path: 'tests[0].expect[0].css', message: '`h1[` is not a CSS selector' }

let refused: { path: string; message: string; hint?: string }
let media: { matches: boolean; changed: () => void }

beforeEach(() => {
  refused = SELECTOR
  media = { matches: true, changed: () => undefined }
  vi.stubGlobal('matchMedia', (query: string) => ({
    get matches() {
      return query.includes('pointer') ? media.matches : true
    },
    addEventListener(_: string, changed: () => void) {
      if (query.includes('pointer')) media.changed = changed
    },
    removeEventListener: () => undefined,
  }))
  vi.stubGlobal(
    'requestIdleCallback',
    vi.fn((run: () => void) => setTimeout(run, 0)),
  )
  Object.assign(draft, { source: 'text', text: WRONG, stored: '' })
})

async function shownBox() {
  const error = { type: 'error', at: '', code: 'invalid_suite', message: 'invalid', temporary: false } as const
  const answer = (command: Command): Event | undefined =>
    command.action === 'run' ? { ...error, problems: [refused] } : undefined
  const { page } = show(RunBox, new Replay([], { answer }))
  const editorIsThere = () => vi.waitFor(() => expect(page.find('.cm-content').exists()).toBe(true))
  const view = () => {
    const found = EditorView.findFromDOM(page.get<HTMLElement>('.cm-editor').element)
    if (found === null) throw new Error('there is no editor')
    return found
  }
  const mistakes = () => byId(page, 'suite-mistakes').map((list) => list.text())
  const checked = () => vi.waitFor(() => expect(mistakes()).toHaveLength(1), { timeout: 3000 })
  return { page, editorIsThere, view, mistakes, checked }
}

describe('the text of a suite', () => {
  it('is a plain field, and then an editor with the same text', async () => {
    const { page, editorIsThere, view } = await shownBox()
    page.get<HTMLTextAreaElement>('textarea#suite-text').element.focus()
    page.get<HTMLTextAreaElement>('textarea#suite-text').element.setSelectionRange(3, 5)
    await editorIsThere()
    expect(page.find('textarea#suite-text').exists()).toBe(false)
    expect(view().state.doc.toString()).toBe(WRONG)
    expect(view().state.selection.main).toMatchObject({ from: 3, to: 5 })
    expect(document.activeElement).toBe(page.get('#suite-text').element)
  })

  it('is the same in the editor and in the draft', async () => {
    const { page, editorIsThere, view } = await shownBox()
    await editorIsThere()
    view().dispatch({ changes: { from: 0, insert: '# A\n' } })
    expect(draft.text).toBe(`# A\n${WRONG}`)
    view().dispatch({ selection: { anchor: 2 } })
    view().dispatch({ changes: { from: 2, insert: 'B' } })
    await nextFrame()
    expect(view().state.selection.main.head).toBe(2)
    draft.text = ''
    await nextFrame()
    expect(view().state.doc.toString()).toBe('')
    await press(page, 'Use the example')
    expect(view().state.doc.toString()).toContain('suite: First look')
  })

  it('stays a plain field on phones, and becomes one again', async () => {
    media.matches = false
    const { page, editorIsThere } = await shownBox()
    await nextFrame()
    await nextFrame()
    expect(page.find('textarea#suite-text').exists()).toBe(true)
    media.matches = true
    media.changed()
    await editorIsThere()
    media.matches = false
    media.changed()
    await nextFrame()
    expect(page.get<HTMLTextAreaElement>('textarea#suite-text').element.value).toBe(WRONG)
  })

  it('is not loaded while the box is closed', async () => {
    vi.stubGlobal('matchMedia', (query: string) => ({
      matches: query.includes('pointer'),
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    }))
    const { page, editorIsThere } = await shownBox()
    await nextFrame()
    await nextFrame()
    expect(page.find('textarea#suite-text').exists()).toBe(true)
    await page.get('.disclosure').trigger('click')
    await editorIsThere()
  })

  it('has an accessible name and descriptions', async () => {
    const { page, editorIsThere } = await shownBox()
    await editorIsThere()
    const text = page.get('#suite-text')
    expect(text.attributes('role')).toBe('textbox')
    expect(page.get(`#${text.attributes('aria-labelledby')}`).text()).toContain('Suite')
    const ids = text.attributes('aria-describedby')?.split(' ') ?? []
    expect(ids.map((id) => page.find(`#${id}`).exists())).toEqual([true, true])
    expect(page.get(`#${ids[0]}`).text()).toContain('Tab leaves the editor')
  })
})

describe('what is wrong in a suite', () => {
  it('is listed and said after a pause, and leads to its place', async () => {
    const { page, editorIsThere, view, mistakes, checked } = await shownBox()
    await editorIsThere()
    await checked()
    expect(mistakes()).toEqual(['line 4:5unknown key `gett`hint: did you mean `get`?'])
    expect(byId(page, 'suite-status')[0]?.text()).toBe('1 problem, the first in line 4: unknown key `gett`')
    await press(page, 'line 4:5')
    expect(view().state.selection.main.head).toBe(WRONG.indexOf('gett'))
  })

  it('is gone once it is corrected', async () => {
    const { page, editorIsThere, view, mistakes, checked } = await shownBox()
    await editorIsThere()
    await checked()
    const at = WRONG.indexOf('gett')
    view().dispatch({ changes: { from: at, to: at + 4, insert: 'get' } })
    await vi.waitFor(() => expect(mistakes()).toEqual([]), { timeout: 3000 })
    expect(byId(page, 'suite-status')[0]?.text()).toBe('No problems found')
  })

  it('is also what the server refuses, until it is edited', async () => {
    const { page, editorIsThere, view, checked } = await shownBox()
    await editorIsThere()
    await checked()
    await page.get('form').trigger('submit')
    await nextFrame()
    const marked = () => page.findAll('.cm-lintRange-error').map((mark) => mark.text())
    expect(marked()).toEqual(['gett', '"h1[" } ]'])
    expect(page.get('#suite-text').attributes('aria-invalid')).toBe('true')
    expect(page.get('#run-problems').text()).toContain('line 5:22')
    view().dispatch({ changes: { from: WRONG.indexOf('h1') + 2, to: WRONG.indexOf('h1') + 3 } })
    await vi.waitFor(() => expect(marked()).toEqual(['gett']), { timeout: 3000 })
  })

  it('is listed once if the server says it too, and again after an edit', async () => {
    refused = { path: 'tests[0].gett', message: 'unknown key `gett`', hint: 'did you mean `get`?' }
    const { page, editorIsThere, view, mistakes, checked } = await shownBox()
    await editorIsThere()
    await checked()
    await page.get('form').trigger('submit')
    await nextFrame()
    expect(mistakes()).toEqual([])
    expect(page.get('#run-problems').text()).toContain('unknown key `gett`')
    expect(byId(page, 'suite-status')[0]?.text()).toBe('')
    const value = WRONG.indexOf('https')
    view().dispatch({ changes: { from: value, to: value + 5, insert: 'http' } })
    await vi.waitFor(() => expect(mistakes()).toHaveLength(1), { timeout: 3000 })
  })

  it('is not looked for in a text that is too large', async () => {
    draft.text = `suite: ${'x'.repeat(200_000)}`
    const { page, editorIsThere } = await shownBox()
    await editorIsThere()
    await vi.waitFor(() => expect(page.text()).toContain('too large to be checked'), { timeout: 3000 })
  })
})
