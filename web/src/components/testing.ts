import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { onTestFinished, vi } from 'vitest'
import type { Component } from 'vue'
import type { Replay, Source } from 'stepcast-client/dashboard'
import { TokenStore } from '../sign-in'
import { createDashboard, DASHBOARD, type Dashboard, type Person } from '../dashboard'

/** Mounts a component for a user who is signed in to `source`, or to the source that it returns at each sign-in. */
export function show(
  component: Component,
  source: Source | (() => Source),
  props: Record<string, unknown> = {},
): { page: VueWrapper; dashboard: Dashboard } {
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => setTimeout(run, 0))
  // Never idle: suites stay in plain fields, unless a test is about the editor.
  if (!vi.isMockFunction(globalThis.requestIdleCallback)) vi.stubGlobal('requestIdleCallback', () => 0)
  sessionStorage.clear()
  const dashboard = createDashboard({
    tokens: new TokenStore(sessionStorage),
    shares: new TokenStore(sessionStorage, 'stepcast.share'),
    connect: () => (typeof source === 'function' ? source() : source),
  })
  dashboard.signIn('token')
  const page = mount(component, {
    props,
    attachTo: document.body,
    global: { provide: { [DASHBOARD as symbol]: dashboard } },
  })
  onTestFinished(() => page.unmount())
  return { page, dashboard }
}

/** The test environment has no layout: makes every element as large as a screen. */
export function giveBoxesASize(): void {
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(680)
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1000)
}

/** Waits for the next frame. */
export async function nextFrame(): Promise<void> {
  await flushPromises()
  await new Promise((resolve) => setTimeout(resolve, 5))
  await flushPromises()
}

export function byId(page: VueWrapper, id: string) {
  return page.findAll(`[data-testid="${id}"]`)
}

/** A recording to which `person` is signed in. */
export function signedInAs(replay: Replay, { principal, role, connection = 'c0' }: Person): Replay {
  replay.setStatus({ phase: 'connected', principal, role, connection })
  return replay
}

/** Presses the button with the label `text`. */
export async function press(page: VueWrapper, text: string): Promise<void> {
  const button = page.findAll('button').find((one) => one.text() === text)
  if (button === undefined) throw new Error(`there is no button \`${text}\``)
  await button.trigger('click')
  await nextFrame()
}
