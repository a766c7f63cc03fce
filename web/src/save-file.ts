/** What a file is made of. A text can come in pieces, because a browser limits the length of one. */
export type FileContent = string | readonly string[] | Uint8Array<ArrayBuffer>

/** Lets the browser save a text or bytes as a file. Of the name, only letters, digits, `.`, `_` and `-` stay. */
export function saveFile(name: string, type: string, content: FileContent): void {
  const link = document.createElement('a')
  const pieces = Array.isArray(content) ? content : [content as string | Uint8Array<ArrayBuffer>]
  link.href = URL.createObjectURL(new Blob(pieces, { type }))
  link.download = name.replaceAll(/[^\w.-]/g, '_')
  link.click()
  // The browser has begun to read by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
