// @vitest-environment happy-dom

import { beforeEach, describe, expect, it } from 'vitest'
import type { Command, Event, Role } from 'stepcast-client'
import { Replay } from 'stepcast-client/dashboard'
import { draft } from '../run-draft'
import App from './App.vue'
import { byId, nextFrame, press, show, signedInAs } from './testing'

let asked: Command[]

beforeEach(() => {
  location.hash = '#/suites'
  asked = []
  Object.assign(draft, { source: 'text', text: '', stored: '', vars: '' })
})

function answer(command: Command): Event | undefined {
  asked.push(command)
  const suites = [{ name: 'Shop / smoke', tests: 3, updated_at: '2025-11-22T09:00:00Z', version: 7, owner: 'ci' }]
  if (command.action === 'suites.list') return { type: 'suites', at: '', suites }
  if (command.action === 'suites.get') {
    const stored = { version: 7, updated_at: '2025-11-22T09:00:00Z' }
    return { type: 'suite', at: '', name: 'x', suite: { suite: 'Shop', tests: [] }, ...stored }
  }
  return command.action === 'suites.delete' ? { type: 'ok', at: '' } : undefined
}

async function shownTo(role: Role) {
  const { page } = show(App, signedInAs(new Replay([], { answer }), { principal: 'ana', role }))
  await nextFrame()
  return page
}

describe('stored suites', () => {
  it('are listed, and shown as text', async () => {
    const page = await shownTo('viewer')
    expect(byId(page, 'suite-row')[0]?.text()).toContain('3 tests')
    expect(byId(page, 'suite-row')[0]?.text()).toContain('version 7, ci')
    expect(page.find('main button').exists()).toBe(false)
    location.hash = byId(page, 'suite-row')[0]?.get('a').attributes('href') ?? ''
    window.dispatchEvent(new Event('hashchange'))
    await nextFrame()
    expect(asked.at(-1)).toMatchObject({ action: 'suites.get', name: 'Shop / smoke' })
    expect(page.get('.suite-text').text()).toContain('suite: Shop')
  })

  it('are deleted after a confirmation', async () => {
    const page = await shownTo('runner')
    await press(page, 'Delete')
    expect(asked.some(({ action }) => action === 'suites.delete')).toBe(false)
    await page.get('.confirm .danger').trigger('click')
    await nextFrame()
    expect(asked.at(-1)).toMatchObject({ action: 'suites.delete', name: 'Shop / smoke' })
    expect(byId(page, 'suite-row')).toHaveLength(0)
  })

  it('are run from the run box, where the user can set values', async () => {
    const page = await shownTo('runner')
    await press(page, 'Run…')
    window.dispatchEvent(new Event('hashchange'))
    await nextFrame()
    expect(page.get<HTMLSelectElement>('#suite-stored').element.value).toBe('Shop / smoke')
    await page.get('form#run-form').trigger('submit')
    await nextFrame()
    expect(asked.find(({ action }) => action === 'run')).toMatchObject({ suite: 'Shop / smoke' })
  })
})
