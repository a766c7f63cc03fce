import { type Component, onScopeDispose, ref, shallowRef, watch } from 'vue'

/** Phones get the plain field: their keyboards and their ways to select text know it. */
const ROOMY = '(pointer: fine) and (min-width: 761px)'

/** Leaves the first moments to the page. */
const LATEST_MS = 1000

/**
 * The editor of suites, once it is loaded. It is large, so it is not loaded before `isShown`, and then when the browser
 * has nothing else to do. `undefined` until then, on phones, and if it cannot be loaded.
 */
export function useSuiteEditor(isShown: () => boolean) {
  const query = window.matchMedia(ROOMY)
  const isRoomy = ref(query.matches)
  const editor = shallowRef<Component>()
  const follow = () => (isRoomy.value = query.matches)
  query.addEventListener('change', follow)
  onScopeDispose(() => query.removeEventListener('change', follow))

  watch(
    () => isRoomy.value && isShown(),
    (isWanted) => {
      if (!isRoomy.value) editor.value = undefined
      else if (isWanted && editor.value === undefined) whenIdle(load)
    },
    { immediate: true },
  )

  async function load(): Promise<void> {
    const loaded = await import('./components/SuiteEditor.vue').catch(() => undefined)
    if (isRoomy.value) editor.value = loaded?.default
  }

  return editor
}

function whenIdle(action: () => void): void {
  if ('requestIdleCallback' in window) requestIdleCallback(action, { timeout: LATEST_MS })
  else setTimeout(action, 0)
}
