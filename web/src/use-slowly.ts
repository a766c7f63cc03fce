import { onScopeDispose, type ShallowRef, shallowRef, watch } from 'vue'
import { systemClock } from 'stepcast-client/dashboard'
import { DrawingPace } from './drawing-pace'

/** The pause between two changes, in milliseconds */
const PAUSE_MS = { shortest: 1000, longest: 5000 }

/** A value that follows another one slowly, for what costs more to draw than the rest of the page. */
export function useSlowly<T>(source: () => T): Readonly<ShallowRef<T>> {
  const shown = shallowRef(source()) as ShallowRef<T>
  const pace = new DrawingPace(systemClock, (run) => requestAnimationFrame(run), PAUSE_MS)
  let isAsked = false
  let isOver = false
  watch(source, () => {
    if (isAsked) return
    isAsked = true
    pace.beforeNextFrame(() => {
      isAsked = false
      if (!isOver) shown.value = source()
    })
  })
  onScopeDispose(() => (isOver = true))
  return shown
}
