import { WireError } from './wire-error'

/** Where the token of whoever signed in is kept, and where that of a shared job: looking at a link signs nobody out. */
export type TokenKey = 'stepcast.token' | 'stepcast.share'

/**
 * Keeps the token for this tab only. A token is a key: `sessionStorage` forgets it with the tab and shares it with no
 * other, `localStorage` would leave it on the disk of whoever used the machine, and a cookie would be sent along by
 * pages of others. A reload keeps it.
 */
export class TokenStore {
  constructor(
    private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
    private readonly key: TokenKey = 'stepcast.token',
  ) {}

  get(): string | undefined {
    return this.storage.getItem(this.key) ?? undefined
  }

  set(token: string): void {
    this.storage.setItem(this.key, token)
  }

  forget(): void {
    this.storage.removeItem(this.key)
  }
}

/** The one-time code of a sign-in link like `…/#code=XYZ`. */
export function codeIn(fragment: string): string | undefined {
  return new URLSearchParams(fragment.replace(/^#/, '')).get('code') ?? undefined
}

/** A token may stand in a subprotocol's name only if it is made of these (RFC 9110, token). */
export function isUsableToken(token: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(token)
}

/** Trades the code of a sign-in link for a token. */
export async function exchangeCode(code: string, fetch: typeof globalThis.fetch): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch('/sign-in', { method: 'POST', headers, body: JSON.stringify({ code }) }).catch(() => {
    throw WireError.unavailable('the server cannot be reached; is `stepcast up` still running?')
  })
  const answer = (await response.json().catch(() => ({}))) as { token?: string; message?: string }
  if (response.ok && answer.token) return answer.token
  throw new WireError('unauthorized', answer.message ?? 'the sign-in link was refused; each works once', false)
}
