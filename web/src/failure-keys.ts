const DIRECTIONS: Record<string, 1 | -1> = { n: 1, p: -1 }

/** Whether a key asks for the next or the previous failure. It does not while one types, nor with Ctrl, Alt or Meta. */
export function failureDirection(event: KeyboardEvent): 1 | -1 | undefined {
  const isShortcut = event.ctrlKey || event.metaKey || event.altKey
  const isTyping = event.target instanceof Element && event.target.closest('input, textarea, select') !== null
  return isShortcut || isTyping ? undefined : DIRECTIONS[event.key]
}
