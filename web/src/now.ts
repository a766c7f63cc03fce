import { onScopeDispose, type Ref, ref } from 'vue'

/** The time, told again every second or so, for what counts up or down. */
export function useNow(everyMs = 1000): Readonly<Ref<number>> {
  const now = ref(Date.now())
  const timer = setInterval(() => (now.value = Date.now()), everyMs)
  onScopeDispose(() => clearInterval(timer))
  return now
}
