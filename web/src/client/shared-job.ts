/** The job that a link like `…/#/share/TOKEN` shows. */
export interface SharedJob {
  token: string
  job: string
}

/** The shared job of such a link, if `fragment` is one. */
export function sharedJobIn(fragment: string): SharedJob | undefined {
  const token = /^#\/share\/([\w.-]+)$/.exec(fragment)?.[1]
  return token === undefined ? undefined : sharedJobOf(token)
}

/** The link that opens the shared job of `token` in this dashboard. */
export function shareLink(token: string, page: { origin: string; pathname: string }): string {
  return `${page.origin}${page.pathname}#/share/${token}`
}

/** The job that a token names. The server verifies the token. */
export function sharedJobOf(token: string): SharedJob | undefined {
  const payload = token.split('.')[1] ?? ''
  try {
    const claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as { job?: unknown }
    return typeof claims.job === 'string' ? { token, job: claims.job } : undefined
  } catch {
    return undefined
  }
}
