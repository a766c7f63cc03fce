import { inject, type InjectionKey, onScopeDispose, type ShallowRef, shallowRef, toValue, watchEffect } from 'vue'
import type { MaybeRefOrGetter } from 'vue'
import {
  type ConnectionStatus,
  expiryOf,
  type JobView,
  type Role,
  type SharedJob,
  sharedJobIn,
  sharedJobOf,
} from 'stepcast-client'
import { isUsableToken, type Source, Store, systemClock } from 'stepcast-client/dashboard'
import { codeIn, exchangeCode, type TokenStore } from './sign-in'
import { hashOf } from './route'

export interface DashboardOptions {
  tokens: TokenStore
  /** The token of a shared job */
  shares: TokenStore
  connect(token: string): Source
  /** When the page is drawn after a change; by default with the next frame */
  beforeNextFrame?(run: () => void): void
}

/** The signed-in user, as in the server's `welcome`. */
export interface Person {
  principal: string
  role: Role
  /** The id of the connection, which changes */
  connection?: string | undefined
}

/** The state that the components share: the signed-in user and the store. */
export interface Dashboard {
  /** `undefined` while signed out */
  readonly store: ShallowRef<Store | undefined>
  readonly status: ShallowRef<ConnectionStatus | undefined>
  /** Counts the sign-ins: data from before a sign-in belongs to another connection */
  readonly session: ShallowRef<number>
  /** The signed-in user, also while disconnected; `undefined` until the server has accepted the token */
  readonly person: ShallowRef<Person | undefined>
  /** Why the last sign-in failed */
  readonly problem: ShallowRef<string | undefined>
  /** The only job that is shown, if the user opened a link to a shared job */
  readonly sharedJob: ShallowRef<string | undefined>
  /** Shows the job of a share link, signs in with the code of a sign-in link, or reuses the token of this tab. */
  start(location: Location, history: History): Promise<void>
  signIn(token: string): void
  /** Leaves a shared job and returns to the user's own sign-in, if any. Otherwise signs out and deletes the token. */
  signOut(): void
  /** When the current token expires, in milliseconds; `undefined` if it has no expiry time */
  tokenExpiry(): number | undefined
}

export const DASHBOARD: InjectionKey<Dashboard> = Symbol('dashboard')

export function createDashboard({ tokens, shares, connect, beforeNextFrame }: DashboardOptions): Dashboard {
  const store = shallowRef<Store>()
  const status = shallowRef<ConnectionStatus>()
  const problem = shallowRef<string>()
  const session = shallowRef(0)
  const person = shallowRef<Person>()
  const sharedJob = shallowRef<string>()

  function show(source: Source): void {
    store.value?.source.close()
    session.value += 1
    person.value = undefined
    take(source.status)
    source.onStatus((next) => {
      // A replaced source can still send a status after the new one is shown.
      if (source !== store.value?.source) return
      take(next)
    })
    store.value = new Store(source, {
      clock: systemClock,
      beforeNextFrame: beforeNextFrame ?? ((run) => requestAnimationFrame(run)),
    })
  }

  function take(next: ConnectionStatus): void {
    status.value = next
    if (next.phase !== 'connected') return
    const { principal, role, connection } = next
    person.value = { principal, role, connection }
  }

  function signIn(token: string): void {
    if (!isUsableToken(token)) {
      problem.value = 'this is not a valid token; copy the whole token, without spaces'
      return
    }
    shares.forget()
    sharedJob.value = undefined
    tokens.set(token)
    open(token)
  }

  function look({ token, job }: SharedJob): void {
    shares.set(token)
    sharedJob.value = job
    open(token)
  }

  function open(token: string): void {
    problem.value = undefined
    try {
      show(connect(token))
    } catch (error) {
      // The browser throws for some addresses, such as `ws:` on a page served over HTTPS.
      problem.value = `the connection cannot be opened: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  function signOut(): void {
    const left = sharedJob.value === undefined ? tokens : shares
    left.forget()
    store.value?.source.close()
    store.value = status.value = problem.value = person.value = sharedJob.value = undefined
    if (left === shares) signInAgain()
  }

  async function start(location: Location, history: History): Promise<void> {
    const shared = sharedJobIn(location.hash)
    if (shared !== undefined) {
      // Removes the token from the address, which users show and bookmark. The original link still contains it.
      history.replaceState(
        null,
        '',
        `${location.pathname}${location.search}${hashOf({ page: 'job', job: shared.job })}`,
      )
      return look(shared)
    }
    const code = codeIn(location.hash)
    if (code === undefined) return signInAgain()
    // The code works once. It is removed from the address before anything else happens, so that it is not shown.
    history.replaceState(null, '', `${location.pathname}${location.search}#/`)
    await exchangeCode(code, fetch.bind(globalThis)).then(signIn, (error: Error) => {
      problem.value = error.message
      signInAgain()
    })
  }

  function signInAgain(): void {
    const shared = sharedJobOf(shares.get() ?? '')
    if (shared !== undefined) return look(shared)
    const token = tokens.get()
    if (token !== undefined) signIn(token)
  }

  function tokenExpiry(): number | undefined {
    const token = (sharedJob.value === undefined ? tokens : shares).get()
    return token === undefined ? undefined : expiryOf(token)
  }

  return { store, status, session, person, problem, sharedJob, start, signIn, signOut, tokenExpiry }
}

export function useDashboard(): Dashboard {
  const dashboard = inject(DASHBOARD)
  if (dashboard === undefined) throw new Error('no dashboard was provided')
  return dashboard
}

/** The store, for components that are shown only while a user is signed in. */
export function useStore(): Store {
  const store = useDashboard().store.value
  if (store === undefined) throw new Error('no user is signed in')
  return store
}

/** A value from the store, read again after each change of the store. */
export function useShown<T>(read: (store: Store) => T): Readonly<ShallowRef<T>> {
  const store = useStore()
  const shown = shallowRef(read(store)) as ShallowRef<T>
  onScopeDispose(store.onChange(() => (shown.value = read(store))))
  return shown
}

/** Watches the steps of one test until the component is unmounted or the test changes. */
export function useSteps(id: MaybeRefOrGetter<string>, test: MaybeRefOrGetter<number | undefined>): void {
  const store = useStore()
  watchEffect((onCleanup) => {
    const shown = toValue(test)
    if (shown !== undefined) onCleanup(store.watchSteps(toValue(id), shown))
  })
}

/** A job, watched until the component is unmounted or `id` changes. */
export function useJob(id: MaybeRefOrGetter<string>): Readonly<ShallowRef<JobView | undefined>> {
  const store = useStore()
  const job = useShown((from) => from.job(toValue(id))) as ShallowRef<JobView | undefined>
  watchEffect((onCleanup) => {
    onCleanup(store.watchJob(toValue(id)))
    job.value = store.job(toValue(id))
  })
  return job
}
