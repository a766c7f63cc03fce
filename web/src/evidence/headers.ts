import type { HeaderField } from 'stepcast-client'

/** The value of the first field with this name, which is in lower case. */
export function headerOf(headers: readonly HeaderField[], name: string): string | undefined {
  return headers.find((field) => field.name.toLowerCase() === name)?.value
}

/** The media type of a `content-type` without its parameters, in lower case: `text/html`. */
export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType?.split(';', 1)[0] ?? '').trim().toLowerCase()
}
