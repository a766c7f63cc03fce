/** Whether a token can be sent: the name of a subprotocol may contain only these characters (RFC 9110, token). */
export function isUsableToken(token: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(token)
}

/** The expiry time in a token (RFC 7519, `exp`), in milliseconds; `undefined` if the token has none. */
export function expiryOf(token: string): number | undefined {
  const [, payload = ''] = token.split('.')
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
    const seconds = (claims as { exp?: unknown } | null)?.exp
    return typeof seconds === 'number' ? seconds * 1000 : undefined
  } catch {
    // The fixed token of `stepcast up --admin-token` is not a JWT.
    return undefined
  }
}
