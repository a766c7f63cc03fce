import { WireError } from 'stepcast-client'

/** The storage keys of the user's token and of a shared job's token, so that opening a shared job keeps the sign-in. */
export type TokenKey = 'stepcast.token' | 'stepcast.share'

/**
 * Keeps the token for this tab only, also across reloads. A token grants access: `sessionStorage` deletes it with the
 * tab and does not share it with other tabs. `localStorage` would leave it on the disk of a shared machine, and other
 * sites could make the browser send a cookie.
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

/** Exchanges the code of a sign-in link for a token. */
export async function exchangeCode(code: string, fetch: typeof globalThis.fetch): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch('/sign-in', { method: 'POST', headers, body: JSON.stringify({ code }) }).catch(() => {
    throw WireError.unavailable('the server cannot be reached; is `stepcast up` still running?')
  })
  const answer = (await response.json().catch(() => ({}))) as { token?: string; message?: string }
  if (response.ok && answer.token) return answer.token
  throw new WireError('unauthorized', answer.message ?? 'the sign-in link was rejected; each link works once', false)
}
