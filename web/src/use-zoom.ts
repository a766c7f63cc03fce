import { computed, shallowRef } from 'vue'
import type { Span } from './timeline/layout'

/** How long the shortest part of the time is that can be seen, in milliseconds */
const SHORTEST_MS = 20

/** Which part of a time is shown. The whole of it stays whole while it gets longer. */
export function useZoom(end: () => number) {
  const part = shallowRef<Span>()
  const whole = computed<Span>(() => ({ from: 0, to: Math.max(1, end()) }))
  const span = computed(() => part.value ?? whole.value)
  const length = computed(() => span.value.to - span.value.from)

  /** Shows `wanted` milliseconds from a moment on, within the time. */
  function show(from: number, wanted: number): void {
    const { to } = whole.value
    const start = Math.min(Math.max(0, from), Math.max(0, to - wanted))
    part.value = wanted >= to ? undefined : { from: start, to: start + wanted }
  }

  const canBeCloser = computed(() => length.value / 2 >= SHORTEST_MS)
  const closer = () => show(span.value.from + length.value / 4, length.value / 2)
  const wider = () => show(span.value.from - length.value / 2, length.value * 2)
  /** By half of what is shown, so that one does not lose one's place */
  const move = (direction: 1 | -1) => show(span.value.from + (direction * length.value) / 2, length.value)

  return { span, isWhole: computed(() => part.value === undefined), canBeCloser, closer, wider, move }
}
