import { onScopeDispose, type ShallowRef, shallowRef } from 'vue'

/** The page that an address shows. */
export type Route =
  | { page: 'jobs' }
  | { page: 'job'; job: string; test?: number }
  | { page: 'suites' }
  | { page: 'suite'; name: string }
  | { page: 'admin' }

export function parseRoute(hash: string): Route {
  if (hash === '#/suites' || hash === '#/admin') return { page: hash === '#/admin' ? 'admin' : 'suites' }
  const [, name] = /^#\/suites\/([^/]+)$/.exec(hash) ?? []
  if (name !== undefined) return { page: 'suite', name: decoded(name) }
  const [, job, test] = /^#\/jobs\/([^/]+)(?:\/tests\/(\d+))?$/.exec(hash) ?? []
  if (job === undefined) return { page: 'jobs' }
  return { page: 'job', job: decoded(job), ...(test === undefined ? {} : { test: Number(test) }) }
}

export function hashOf(route: Route): string {
  if (route.page === 'jobs') return '#/'
  if (route.page === 'suite') return `#/suites/${encodeURIComponent(route.name)}`
  if (route.page !== 'job') return `#/${route.page}`
  const job = `#/jobs/${encodeURIComponent(route.job)}`
  return route.test === undefined ? job : `${job}/tests/${route.test}`
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
