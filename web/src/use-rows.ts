import { computed, onScopeDispose, ref, type Ref, watch } from 'vue'

/** The height of a row in pixels, as in `styles/tests.css`. */
export const ROW_HEIGHT = 34

/** Rows above and below the visible ones, so that scrolling does not show a gap before the next frame. */
const SPARE_ROWS = 4

/** Enough for the first frame, before the size of the box is known. */
const FIRST_HEIGHT = 600

/**
 * Which rows of a long list are near enough to be seen. All rows have one height, so an update of the list costs the
 * same however long it is.
 */
export function useRows(box: Readonly<Ref<HTMLElement | null>>, count: () => number) {
  const top = ref(0)
  const height = ref(FIRST_HEIGHT)
  const first = computed(() => {
    const seen = Math.floor(Math.min(top.value, Math.max(0, count() * ROW_HEIGHT - height.value)) / ROW_HEIGHT)
    return Math.max(0, seen - SPARE_ROWS)
  })
  const last = computed(() => {
    const seen = Math.ceil((top.value + height.value) / ROW_HEIGHT)
    return Math.min(count(), Math.max(seen, first.value) + SPARE_ROWS)
  })

  function measure(): void {
    top.value = box.value?.scrollTop ?? 0
    height.value = box.value?.clientHeight || height.value
  }

  /** Scrolls no further than needed to show the row. */
  function scrollTo(index: number): void {
    if (box.value === null) return
    const [start, end] = [index * ROW_HEIGHT, (index + 1) * ROW_HEIGHT]
    const { scrollTop, clientHeight } = box.value
    if (start < scrollTop) box.value.scrollTop = start
    else if (end > scrollTop + clientHeight) box.value.scrollTop = end - clientHeight
    measure()
  }

  // It also tells the first size, after the browser has laid the page out anyway: to ask for it earlier costs a layout.
  const resized = new ResizeObserver(measure)
  watch(
    box,
    (shown, _, onCleanup) => {
      if (shown === null) return
      resized.observe(shown)
      shown.addEventListener('scroll', measure, { passive: true })
      onCleanup(() => shown.removeEventListener('scroll', measure))
    },
    { immediate: true, flush: 'post' },
  )
  onScopeDispose(() => resized.disconnect())
  return { first, last, scrollTo }
}
