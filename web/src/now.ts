import { onScopeDispose, type Ref, ref } from 'vue'

/** The current time, updated every `everyMs`, for texts that count up or down. */
export function useNow(everyMs = 1000): Readonly<Ref<number>> {
  const now = ref(Date.now())
  const timer = setInterval(() => (now.value = Date.now()), everyMs)
  onScopeDispose(() => clearInterval(timer))
  return now
}
