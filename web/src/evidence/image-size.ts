// The size that an image declares, without decoding it. A few bytes can declare an image that fills the memory.
// A part that is cut off or is no part of such an image declares nothing: no browser decodes it either. Where an image
// declares several sizes, the largest of each direction counts, whichever of them a browser takes.

export interface ImageSize {
  width: number
  height: number
}

/** The size that an image of this media type declares, in pixels; zero if it declares none. */
export function imageSize(bytes: Uint8Array, type: string): ImageSize {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const size = { width: 0, height: 0 }
  for (const declared of SIZES[type]?.(view) ?? []) {
    size.width = Math.max(size.width, declared.width)
    size.height = Math.max(size.height, declared.height)
  }
  return size
}

const SIZES: Record<string, (view: DataView) => Iterable<ImageSize>> = {
  'image/png': pngSizes,
  'image/gif': gifSizes,
  'image/jpeg': jpegSizes,
  'image/webp': webpSizes,
}

/** The first chunk is `IHDR`. https://www.w3.org/TR/png-3/#11IHDR */
function* pngSizes(view: DataView): Iterable<ImageSize> {
  if (view.byteLength >= 24) yield { width: view.getUint32(16), height: view.getUint32(20) }
}

/** The screen and each frame: a browser enlarges a screen that is too small. https://www.w3.org/Graphics/GIF/spec-gif89a.txt */
function* gifSizes(view: DataView): Iterable<ImageSize> {
  const [EXTENSION, FRAME, END] = [0x21, 0x2c, 0x3b]
  if (view.byteLength < 13) return
  yield { width: view.getUint16(6, true), height: view.getUint16(8, true) }
  let place = 13 + colourTable(view.getUint8(10))
  while (place < view.byteLength) {
    const kind = view.getUint8(place)
    if (kind === END) return
    if (kind === EXTENSION) place = afterBlocks(view, place + 2)
    else if (kind === FRAME && place + 10 <= view.byteLength) {
      const [left, top] = [view.getUint16(place + 1, true), view.getUint16(place + 3, true)]
      yield { width: left + view.getUint16(place + 5, true), height: top + view.getUint16(place + 7, true) }
      place = afterBlocks(view, place + 11 + colourTable(view.getUint8(place + 9)))
    } else place += 1
  }
}

function colourTable(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 0x07) + 1)
}

/** Blocks begin with their length; the last one is empty. */
function afterBlocks(view: DataView, start: number): number {
  let place = start
  while (place < view.byteLength && view.getUint8(place) !== 0) place += 1 + view.getUint8(place)
  return place + 1
}

/** The frame headers before the first scan. https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.1 and B.2.2 */
function* jpegSizes(view: DataView): Iterable<ImageSize> {
  let place = 2
  while (place + 4 <= view.byteLength) {
    // Decoders skip what is no marker, and fill bytes before one.
    const marker = view.getUint8(place) === 0xff ? view.getUint8(place + 1) : 0
    if (marker === 0 || marker === 0xff) place += 1
    else if (marker === 0xda || marker === 0xd9) return
    else if (isAlone(marker)) place += 2
    else {
      if (isFrame(marker) && place + 9 <= view.byteLength) {
        yield { width: view.getUint16(place + 7), height: view.getUint16(place + 5) }
      }
      place += 2 + Math.max(2, view.getUint16(place + 2))
    }
  }
}

function isAlone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)
}

/** `SOF0` to `SOF15`; three markers between them mean something else. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
}

/** Chunks follow each other. https://developers.google.com/speed/webp/docs/riff_container */
function* webpSizes(view: DataView): Iterable<ImageSize> {
  let place = 12
  while (place + 8 <= view.byteLength) {
    const name = String.fromCharCode(...[0, 1, 2, 3].map((byte) => view.getUint8(place + byte)))
    const size = WEBP_SIZES[name]
    if (size !== undefined && place + 8 + size.bytes <= view.byteLength) yield size.read(view, place + 8)
    const length = view.getUint32(place + 4, true)
    // A frame of an animation contains the chunks of its image.
    place += name === 'ANMF' ? 8 + 16 : 8 + length + (length % 2)
  }
}

/** The chunks that declare a size, and how many of their bytes that takes. */
const WEBP_SIZES: Record<string, { bytes: number; read(view: DataView, place: number): ImageSize }> = {
  VP8X: {
    bytes: 10,
    read: (view, place) => ({ width: uint24(view, place + 4) + 1, height: uint24(view, place + 7) + 1 }),
  },
  // https://www.rfc-editor.org/rfc/rfc6386#section-9.1
  'VP8 ': {
    bytes: 10,
    read: (view, place) => ({
      width: view.getUint16(place + 6, true) & 0x3fff,
      height: view.getUint16(place + 8, true) & 0x3fff,
    }),
  },
  // https://www.rfc-editor.org/rfc/rfc9649#section-3.4
  VP8L: {
    bytes: 5,
    read: (view, place) => {
      const bits = view.getUint32(place + 1, true)
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
    },
  },
}

function uint24(view: DataView, place: number): number {
  return view.getUint16(place, true) + view.getUint8(place + 2) * 0x10000
}
