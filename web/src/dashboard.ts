import { inject, type InjectionKey, onScopeDispose, type ShallowRef, shallowRef, toValue, watchEffect } from 'vue'
import type { MaybeRefOrGetter } from 'vue'
import { systemClock } from './client/clock'
import { codeIn, exchangeCode, isUsableToken, type TokenStore } from './client/sign-in'
import type { Role } from './client/protocol'
import type { Source, SourceStatus } from './client/source'
import { Store } from './client/store'
import { expiryOf } from './client/token-expiry'
import type { JobView } from './client/watched-job'

export interface DashboardOptions {
  tokens: TokenStore
  connect(token: string): Source
}

/** Whom the server has greeted. */
export interface Person {
  principal: string
  role: Role
  /** The id of the connection, which changes */
  connection?: string | undefined
}

/** What the components share: who is signed in, and the store they show. */
export interface Dashboard {
  /** Nothing while signed out */
  readonly store: ShallowRef<Store | undefined>
  readonly status: ShallowRef<SourceStatus | undefined>
  /** Counts the sign-ins: what was shown before one belongs to another connection */
  readonly session: ShallowRef<number>
  /** Who is signed in, also while the connection is away; nothing until the token was found good */
  readonly person: ShallowRef<Person | undefined>
  /** Why the last sign-in did not work */
  readonly problem: ShallowRef<string | undefined>
  /** Signs in with the code of a sign-in link, or with the token this tab still has. */
  start(location: Location, history: History): Promise<void>
  signIn(token: string): void
  signOut(): void
  /** When the token in use ends, in milliseconds, where it says so */
  tokenExpiry(): number | undefined
}

export const DASHBOARD: InjectionKey<Dashboard> = Symbol('dashboard')

export function createDashboard({ tokens, connect }: DashboardOptions): Dashboard {
  const store = shallowRef<Store>()
  const status = shallowRef<SourceStatus>()
  const problem = shallowRef<string>()
  const session = shallowRef(0)
  const person = shallowRef<Person>()

  function show(source: Source): void {
    store.value?.source.close()
    session.value += 1
    person.value = undefined
    take(source.status)
    source.onStatus((next) => {
      // A link that is replaced says its last words after the new one is shown.
      if (source !== store.value?.source) return
      take(next)
    })
    store.value = new Store(source, { clock: systemClock, beforeNextFrame: (run) => requestAnimationFrame(run) })
  }

  function take(next: SourceStatus): void {
    status.value = next
    if (next.phase !== 'connected') return
    const { principal, role, connection } = next
    person.value = { principal, role, connection }
  }

  function signIn(token: string): void {
    if (!isUsableToken(token)) {
      problem.value = 'that is not a token; copy the whole of it, without spaces'
      return
    }
    problem.value = undefined
    tokens.set(token)
    try {
      show(connect(token))
    } catch (error) {
      // The browser refuses some addresses outright, such as `ws:` from a page that came over HTTPS.
      problem.value = `the connection cannot be opened: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  function signOut(): void {
    tokens.forget()
    store.value?.source.close()
    store.value = status.value = problem.value = person.value = undefined
  }

  async function start(location: Location, history: History): Promise<void> {
    const code = codeIn(location.hash)
    if (code === undefined) return signInAgain()
    // The code works once and is nobody's business afterwards: it leaves the address before anything else happens.
    history.replaceState(null, '', `${location.pathname}${location.search}#/`)
    await exchangeCode(code, fetch.bind(globalThis)).then(signIn, (error: Error) => {
      problem.value = error.message
      signInAgain()
    })
  }

  function signInAgain(): void {
    const token = tokens.get()
    if (token !== undefined) signIn(token)
  }

  function tokenExpiry(): number | undefined {
    const token = tokens.get()
    return token === undefined ? undefined : expiryOf(token)
  }

  return { store, status, session, person, problem, start, signIn, signOut, tokenExpiry }
}

export function useDashboard(): Dashboard {
  const dashboard = inject(DASHBOARD)
  if (dashboard === undefined) throw new Error('no dashboard was provided')
  return dashboard
}

/** The store, for components that are only shown to those who are signed in. */
export function useStore(): Store {
  const store = useDashboard().store.value
  if (store === undefined) throw new Error('nobody is signed in')
  return store
}

/** Something of the store, read again whenever the store says it has changed. */
export function useShown<T>(read: (store: Store) => T): Readonly<ShallowRef<T>> {
  const store = useStore()
  const shown = shallowRef(read(store)) as ShallowRef<T>
  onScopeDispose(store.onChange(() => (shown.value = read(store))))
  return shown
}

/** A job, watched for as long as the component lives or `id` stays the same. */
export function useJob(id: MaybeRefOrGetter<string>): Readonly<ShallowRef<JobView | undefined>> {
  const store = useStore()
  const job = useShown((from) => from.job(toValue(id))) as ShallowRef<JobView | undefined>
  watchEffect((onCleanup) => {
    onCleanup(store.watchJob(toValue(id)))
    job.value = store.job(toValue(id))
  })
  return job
}
