import { base64Of, latin1 } from './bytes'
import { decodedText, withPlainLines } from './decode'
import { mediaTypeOf } from './headers'
import { type ImageSize, imageSize } from './image-size'
import { type JsonTree, jsonTree } from './json-tree'

/** How much of a text is shown */
export const MOST_SHOWN_BYTES = 64 * 1024

/** Larger JSON is shown as text, as far as that is shown */
const MOST_JSON_BYTES = 2 * 1024 * 1024

/** Images that declare more are not decoded: one of them takes 160 MB of memory */
export const MOST_PIXELS = 40_000_000

/** How a body is shown. It was written by strangers, so it never becomes part of the page. */
export type Body =
  /** `address` contains the whole image, so nothing is requested */
  | { kind: 'image'; extension: string; type: string; address: string }
  | { kind: 'large image'; extension: string; size: ImageSize }
  | { kind: 'json'; extension: string; tree: JsonTree }
  | { kind: 'text'; extension: string; text: string; isCut: boolean }
  | { kind: 'other'; extension: string }

/** The images that are shown, with their first bytes as Latin-1. SVG is not among them: it is a document. */
const IMAGES = new Map([
  ['image/png', { extension: 'png', begins: /^\x89PNG\r\n/ }],
  ['image/jpeg', { extension: 'jpg', begins: /^\xff\xd8\xff/ }],
  ['image/gif', { extension: 'gif', begins: /^GIF8[79]a/ }],
  ['image/webp', { extension: 'webp', begins: /^RIFF[^]{4}WEBP/ }],
])

/** How a body is shown, by its `content-type` and by what it is. */
export function bodyOf(bytes: Uint8Array, contentType: string | undefined): Body {
  const type = mediaTypeOf(contentType)
  const image = IMAGES.get(type)
  if (image?.begins.test(latin1(bytes.subarray(0, 16)))) return imageBody(bytes, type, image.extension)
  const text = decodedText(bytes, contentType, MOST_SHOWN_BYTES)
  if (!isText(text, type)) return { kind: 'other', extension: 'bin' }
  const tree = canBeJson(text, type) && bytes.length <= MOST_JSON_BYTES && jsonTree(decodedText(bytes, contentType))
  if (tree) return { kind: 'json', extension: 'json', tree }
  return {
    kind: 'text',
    extension: extensionOf(type),
    text: withPlainLines(text),
    isCut: bytes.length > MOST_SHOWN_BYTES,
  }
}

function imageBody(bytes: Uint8Array, type: string, extension: string): Body {
  const size = imageSize(bytes, type)
  if (size.width * size.height > MOST_PIXELS) return { kind: 'large image', extension, size }
  return { kind: 'image', extension, type, address: `data:${type};base64,${base64Of(bytes)}` }
}

/** A text has no U+0000, and is in the charset that was named unless its type says that it is a text. */
function isText(text: string, type: string): boolean {
  const isDeclared = /^text\/|[/+](?:json|xml|javascript|x-www-form-urlencoded|yaml)$/.test(type)
  return !text.includes('\0') && (isDeclared || !text.includes('\ufffd'))
}

/** Many servers send JSON as `text/plain`. */
function canBeJson(text: string, type: string): boolean {
  return /[/+]json$/.test(type) || /^\s*[[{]/.test(text)
}

function extensionOf(type: string): string {
  if (type === 'text/html' || type === 'application/xhtml+xml') return 'html'
  if (/[/+]xml$/.test(type)) return 'xml'
  return type === 'text/css' ? 'css' : type === 'text/csv' ? 'csv' : 'txt'
}
