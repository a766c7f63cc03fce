import { describe, expect, it } from 'vitest'
import { codeIn, exchangeCode, isUsableToken } from './sign-in'

function answering(status: number, body: unknown): typeof fetch {
  return () => Promise.resolve(new Response(JSON.stringify(body), { status }))
}

describe('signing in', () => {
  it('takes the code out of the link', () => {
    expect(codeIn('#code=XYZ')).toBe('XYZ')
    expect(codeIn('#/jobs/j1')).toBeUndefined()
    expect(codeIn('')).toBeUndefined()
  })

  it('trades it for a token', async () => {
    await expect(exchangeCode('XYZ', answering(200, { token: 'a.b.c' }))).resolves.toBe('a.b.c')
  })

  it('says why it was refused', async () => {
    const refused = exchangeCode('XYZ', answering(403, { message: 'this link was used' }))
    await expect(refused).rejects.toThrow('this link was used')
    await expect(exchangeCode('XYZ', answering(500, 'oops'))).rejects.toThrow('each works once')
    await expect(exchangeCode('XYZ', () => Promise.reject(new TypeError()))).rejects.toThrow('still running')
  })

  it('knows tokens that cannot travel in a subprotocol', () => {
    expect(isUsableToken('eyJ0.eyJz-_.x')).toBe(true)
    expect(isUsableToken('a token')).toBe(false)
    expect(isUsableToken('')).toBe(false)
  })
})
