import { shallowRef } from 'vue'

/** Copies a text. Browsers offer the clipboard only to pages in a secure context, and then only if the user agrees. */
export function useCopied() {
  const outcome = shallowRef<'copied' | 'refused'>()

  async function copy(text: string): Promise<void> {
    outcome.value = await (navigator.clipboard?.writeText(text) ?? Promise.reject()).then(
      () => 'copied' as const,
      () => 'refused' as const,
    )
  }

  return { outcome, copy }
}
