import { expect, it } from 'vitest'
import { expiryOf, isUsableToken } from './token.ts'

function jwt(claims: string): string {
  return `e30.${Buffer.from(claims).toString('base64url')}.c2ln`
}

it.each([
  [jwt('{"sub":"ana ~ü?>","exp":1763805600}'), 1_763_805_600_000],
  [jwt('{"sub":"ana"}'), undefined],
  [jwt('null'), undefined],
  [jwt('not json'), undefined],
  ['an-admin-token', undefined],
  ['a.%.c', undefined],
])('%s expires at %s', (token, expiry) => expect(expiryOf(token)).toBe(expiry))

it('is not one that a subprotocol cannot contain', () => {
  expect(isUsableToken('eyJ0.eyJz-_.x')).toBe(true)
  expect(isUsableToken('a token')).toBe(false)
  expect(isUsableToken('')).toBe(false)
})
