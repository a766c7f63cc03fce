import { onScopeDispose, type ShallowRef, shallowRef } from 'vue'

/** The page that an address shows. */
export type Route =
  | { page: 'jobs' }
  /** With the test `test` beside the list */
  | { page: 'job'; job: string; test?: number }
  | { page: 'test'; job: string; test: number }
  | { page: 'suites' }
  | { page: 'suite'; name: string }
  | { page: 'admin' }

export function parseRoute(hash: string): Route {
  if (hash === '#/suites' || hash === '#/admin') return { page: hash === '#/admin' ? 'admin' : 'suites' }
  const [, name] = /^#\/suites\/([^/]+)$/.exec(hash) ?? []
  if (name !== undefined) return { page: 'suite', name: decoded(name) }
  const [, job, test, alone] = /^#\/jobs\/([^/?]+)(?:\?test=(\d{1,9})|\/tests\/(\d{1,9}))?$/.exec(hash) ?? []
  if (job === undefined) return { page: 'jobs' }
  if (alone !== undefined) return { page: 'test', job: decoded(job), test: Number(alone) }
  return { page: 'job', job: decoded(job), ...(test === undefined ? {} : { test: Number(test) }) }
}

export function hashOf(route: Route): string {
  if (route.page === 'jobs') return '#/'
  if (route.page === 'suite') return `#/suites/${encodeURIComponent(route.name)}`
  if (route.page === 'suites' || route.page === 'admin') return `#/${route.page}`
  const job = `#/jobs/${encodeURIComponent(route.job)}`
  if (route.page === 'test') return `${job}/tests/${route.test}`
  return route.test === undefined ? job : `${job}?test=${route.test}`
}

export function goTo(route: Route): void {
  location.hash = hashOf(route)
}

export function useRoute(): Readonly<ShallowRef<Route>> {
  const route = shallowRef(parseRoute(location.hash))
  const update = () => (route.value = parseRoute(location.hash))
  window.addEventListener('hashchange', update)
  onScopeDispose(() => window.removeEventListener('hashchange', update))
  return route
}

/** Decodes a part of the address. A mistyped part stays as it is and becomes an id that is not found. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
