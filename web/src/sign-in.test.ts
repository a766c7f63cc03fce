import { describe, expect, it } from 'vitest'
import { codeIn, exchangeCode } from './sign-in'

function answering(status: number, body: unknown): typeof fetch {
  return () => Promise.resolve(new Response(JSON.stringify(body), { status }))
}

describe('signing in', () => {
  it('reads the code from the link', () => {
    expect(codeIn('#code=XYZ')).toBe('XYZ')
    expect(codeIn('#/jobs/j1')).toBeUndefined()
    expect(codeIn('')).toBeUndefined()
  })

  it('exchanges the code for a token', async () => {
    await expect(exchangeCode('XYZ', answering(200, { token: 'a.b.c' }))).resolves.toBe('a.b.c')
  })

  it('reports why the code was rejected', async () => {
    const refused = exchangeCode('XYZ', answering(403, { message: 'this link was used' }))
    await expect(refused).rejects.toThrow('this link was used')
    await expect(exchangeCode('XYZ', answering(500, 'oops'))).rejects.toThrow('each link works once')
    await expect(exchangeCode('XYZ', () => Promise.reject(new TypeError()))).rejects.toThrow('still running')
  })
})
