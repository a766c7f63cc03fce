// @vitest-environment happy-dom

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Replay } from 'stepcast-client/dashboard'
import { TokenStore } from './sign-in'
import { createDashboard } from './dashboard'

const tokens = new TokenStore(sessionStorage)
const shares = new TokenStore(sessionStorage, 'stepcast.share')
const SHARE = `header.${btoa('{"job":"j1"}')}.signature`
let usedTokens: string[]

function dashboard() {
  return createDashboard({ tokens, shares, connect: (token) => (usedTokens.push(token), new Replay([])) })
}

function serverAnswers(status: number, body: object): void {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(body), { status })))
}

beforeEach(() => {
  sessionStorage.clear()
  usedTokens = []
  history.replaceState(null, '', '/#code=XYZ')
})

describe('starting with a sign-in link', () => {
  it('removes the code from the address, then exchanges it for a token', async () => {
    serverAnswers(200, { token: 'fresh' })
    const started = dashboard().start(location, history)
    expect(location.hash).toBe('#/')
    await started
    expect(usedTokens).toEqual(['fresh'])
    expect(tokens.get()).toBe('fresh')
  })

  it('falls back to the token of this tab if the link was already used', async () => {
    tokens.set('earlier')
    serverAnswers(403, { message: 'this link was used' })
    await dashboard().start(location, history)
    expect(usedTokens).toEqual(['earlier'])
  })

  it('reports why the link does not work', async () => {
    serverAnswers(403, { message: 'this link was used' })
    const { start, problem, store } = dashboard()
    await start(location, history)
    expect(problem.value).toBe('this link was used')
    expect(store.value).toBeUndefined()
  })
})

describe('signing in', () => {
  it('reports that the browser rejects the address', () => {
    const { signIn, problem } = createDashboard({
      tokens,
      shares,
      connect: () => {
        throw new SyntaxError('bad address')
      },
    })
    signIn('token')
    expect(problem.value).toContain('bad address')
  })

  it('deletes the token when signing out', () => {
    const { signIn, signOut, store } = dashboard()
    signIn('token')
    expect(store.value).toBeDefined()
    signOut()
    expect(store.value).toBeUndefined()
    expect(tokens.get()).toBeUndefined()
  })
})

describe('a link to a shared job', () => {
  beforeEach(() => history.replaceState(null, '', `/#/share/${SHARE}`))

  it('shows the job with the token of the link, and removes the token from the address', async () => {
    const { start, sharedJob } = dashboard()
    await start(location, history)
    expect(location.hash).toBe('#/jobs/j1')
    expect(sharedJob.value).toBe('j1')
    expect(usedTokens).toEqual([SHARE])
  })

  it('keeps the sign-in: the token of the tab is used again afterwards', async () => {
    tokens.set('own')
    const { start, signOut, sharedJob } = dashboard()
    await start(location, history)
    expect(tokens.get()).toBe('own')
    signOut()
    expect(sharedJob.value).toBeUndefined()
    expect(usedTokens).toEqual([SHARE, 'own'])
  })

  it('survives a reload, and ends with a sign-in', async () => {
    await dashboard().start(location, history)
    const { start, signIn, sharedJob } = dashboard()
    await start(location, history)
    expect(sharedJob.value).toBe('j1')
    signIn('own')
    expect(sharedJob.value).toBeUndefined()
    expect(shares.get()).toBeUndefined()
    expect(usedTokens).toEqual([SHARE, SHARE, 'own'])
  })
})
