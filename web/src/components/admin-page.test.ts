// @vitest-environment happy-dom

import { beforeEach, describe, expect, it } from 'vitest'
import type { Command, Event, ListedConnection, Role } from 'stepcast-client'
import { Replay } from 'stepcast-client/dashboard'
import App from './App.vue'
import { byId, nextFrame, press, show, signedInAs } from './testing'

const CONNECTIONS: ListedConnection[] = [
  { connection: 'c1', principal: 'ana', role: 'admin', connected_at: '2025-11-22T09:00:00Z', watching: ['feed', 'j1'] },
  { connection: 'c2', principal: '<b>bo</b>', role: 'viewer', connected_at: '2025-11-22T09:00:00Z', watching: [] },
]

let asked: Command[]
let refused: Command['action'] | undefined

beforeEach(() => {
  location.hash = '#/admin'
  asked = []
  refused = undefined
})

function answer(command: Command): Event | undefined {
  asked.push(command)
  if (command.action === refused) {
    return { type: 'error', at: '', code: 'not_found', message: 'it is not there', temporary: false }
  }
  if (command.action === 'connections') {
    const isFirst = command.cursor === undefined
    const page = { connections: CONNECTIONS.slice(isFirst ? 0 : 1, isFirst ? 1 : 2) }
    return { type: 'connections', at: '', ...page, ...(isFirst ? { cursor: 'c1' } : {}) }
  }
  return ['disconnect', 'broadcast', 'redrive'].includes(command.action) ? { type: 'ok', at: '' } : undefined
}

async function shownTo(role: Role) {
  const { page } = show(App, signedInAs(new Replay([], { answer }), { principal: 'ana', role, connection: 'c1' }))
  await nextFrame()
  return page
}

const sent = (action: Command['action']) => asked.filter((command) => command.action === action)

describe('the admin page', () => {
  it.each(['viewer', 'runner'] as const)('tells a %s that it is for admins, and requests nothing', async (role) => {
    const page = await shownTo(role)
    expect(page.get('main').text()).toContain('This page is for admins')
    expect(page.get('main').text()).toContain(role)
    expect(page.get('.app-nav').text()).not.toContain('Admin')
    expect(sent('connections')).toEqual([])
  })

  it('lists the connections and their topics, page by page', async () => {
    const page = await shownTo('admin')
    expect(byId(page, 'connection-row').map((row) => row.get('.who').text())).toEqual(['ana admin (you)'])
    expect(byId(page, 'connection-row')[0]?.get('.watching').text()).toMatch(/all jobs.*j1/)
    await press(page, 'More')
    expect(byId(page, 'connection-row')[1]?.text()).toContain('<b>bo</b>')
    expect(page.text()).not.toContain('More')
  })

  it('disconnects a client after a confirmation', async () => {
    const page = await shownTo('admin')
    await press(page, 'More')
    const row = byId(page, 'connection-row')[1]
    await row?.get('button').trigger('click')
    expect(row?.text()).toContain('Disconnect <b>bo</b>?')
    expect(document.activeElement?.textContent).toBe('No')
    await press(page, 'No')
    expect(sent('disconnect')).toEqual([])

    await row?.get('button').trigger('click')
    await row?.get('.confirm .danger').trigger('click')
    await nextFrame()
    expect(sent('disconnect')).toMatchObject([{ connection: 'c2' }])
    expect(byId(page, 'connection-row')).toHaveLength(1)
  })

  it('shows an error in the panel of the action', async () => {
    const page = await shownTo('admin')
    refused = 'disconnect'
    await byId(page, 'connection-row')[0]?.get('button').trigger('click')
    await page.get('.confirm .danger').trigger('click')
    await nextFrame()
    const panel = page.get('[aria-labelledby="connections-title"]')
    expect(panel.get('[role="alert"]').text()).toBe('it is not there')
    expect(byId(page, 'connection-row')).toHaveLength(1)
  })

  it('broadcasts a notice', async () => {
    const page = await shownTo('admin')
    await page.get('#broadcast').setValue(' Restart at 18:00 ')
    await page.get('form[aria-labelledby="broadcast-title"]').trigger('submit')
    await nextFrame()
    expect(sent('broadcast')).toMatchObject([{ text: 'Restart at 18:00' }])
    expect(page.get<HTMLTextAreaElement>('#broadcast').element.value).toBe('')
  })

  it('returns the messages of the dead-letter queue to the queue', async () => {
    const page = await shownTo('admin')
    await press(page, 'Return messages to the queue')
    expect(sent('redrive')).toHaveLength(1)
    expect(page.get('[aria-labelledby="redrive-title"]').text()).toContain('returning to the queue')
  })
})
