import { describe, expect, it } from 'vitest'
import { bytesOf } from 'stepcast-client/testing'
import { bodyOf, MOST_PIXELS } from './body'
import { imageSize } from './image-size'

const big16 = (number: number) => [number >> 8, number & 0xff]
const little16 = (number: number) => [number & 0xff, number >> 8]
const little24 = (number: number) => [...little16(number & 0xffff), number >> 16]
const little32 = (number: number) => [...little16(number & 0xffff), ...little16(number >>> 16)]

function png(width: number, height: number): Uint8Array<ArrayBuffer> {
  const header = [...bytesOf('IHDR'), 0, 0, ...big16(width), 0, 0, ...big16(height), 8, 6, 0, 0, 0]
  return new Uint8Array([0x89, ...bytesOf('PNG\r\n\x1a\n'), 0, 0, 0, 13, ...header])
}

function gif(width: number, height: number, ...rest: number[]): Uint8Array {
  return new Uint8Array([...bytesOf('GIF89a'), ...little16(width), ...little16(height), 0, 0, 0, ...rest])
}

function jpeg(width: number, height: number, marker: number, ...before: number[]): Uint8Array {
  const frame = [0xff, marker, ...big16(17), 8, ...big16(height), ...big16(width), 3]
  return new Uint8Array([0xff, 0xd8, ...before, ...frame])
}

function webp(...chunks: [name: string, bytes: number[]][]): Uint8Array {
  const all = chunks.flatMap(([name, bytes]) => {
    const padding = bytes.length % 2 === 1 ? [0] : []
    return [...bytesOf(name), ...little32(bytes.length), ...bytes, ...padding]
  })
  return new Uint8Array([...bytesOf('RIFF'), ...little32(all.length + 4), ...bytesOf('WEBP'), ...all])
}

const vp8x = (width: number, height: number): [string, number[]] => [
  'VP8X',
  [0, 0, 0, 0, ...little24(width - 1), ...little24(height - 1)],
]
const vp8l = (width: number, height: number): [string, number[]] => [
  'VP8L',
  [0x2f, ...little32((((height - 1) << 14) | (width - 1)) >>> 0)],
]
const vp8 = (width: number, height: number): [string, number[]] => [
  'VP8 ',
  [0, 0, 0, 0x9d, 0x01, 0x2a, ...little16(width | 0x4000), ...little16(height | 0x8000)],
]

/** A frame of a GIF with a colour table, and a block of its data. */
const frame = (left: number, top: number, width: number, height: number) => [
  ...[0x2c, ...little16(left), ...little16(top), ...little16(width), ...little16(height), 0x80],
  ...[0, 0, 0, 255, 255, 255, 2, 2, 0x4c, 0x01, 0],
]

const EXTENSION = [0x21, 0xf9, 4, 0, 0x2c, 0x2c, 0, 0]
const EXIF = [0xff, 0xe1, ...big16(2 + 9), 0xff, 0xc0, 0, 17, 8, 0xff, 0xff, 0xff, 0xff]

describe('the size that an image declares', () => {
  it.each([
    ['a PNG', 'image/png', png(60_000, 50_000), 60_000, 50_000],
    ['a GIF', 'image/gif', gif(640, 480), 640, 480],
    ['a GIF with a larger frame', 'image/gif', gif(1, 1, ...EXTENSION, ...frame(5, 6, 60_000, 50_000)), 60_005, 50_006],
    ['the second frame', 'image/gif', gif(1, 1, ...frame(0, 0, 2, 2), ...EXTENSION, ...frame(0, 0, 9, 8)), 9, 8],
    ['nothing after the end', 'image/gif', gif(3, 3, 0x3b, ...frame(0, 0, 9, 8)), 3, 3],
    ['a JPEG', 'image/jpeg', jpeg(60_000, 50_000, 0xc0), 60_000, 50_000],
    ['a progressive JPEG', 'image/jpeg', jpeg(7, 5, 0xc2), 7, 5],
    ['a JPEG with a thumbnail', 'image/jpeg', jpeg(7, 5, 0xc0, ...EXIF), 7, 5],
    ['a JPEG with fill bytes and garbage', 'image/jpeg', jpeg(7, 5, 0xc0, 1, 2, 0xff, 0xff, 0xd0), 7, 5],
    ['a table of a JPEG', 'image/jpeg', jpeg(7, 5, 0xc4), 0, 0],
    ['a lossy WebP', 'image/webp', webp(vp8(16_000, 9)), 16_000, 9],
    ['a lossless WebP', 'image/webp', webp(vp8l(16_384, 16_384)), 16_384, 16_384],
    ['an extended WebP', 'image/webp', webp(vp8x(100_000, 90_000), ['ICCP', [1]], vp8(2, 3)), 100_000, 90_000],
    ['an image larger than its canvas', 'image/webp', webp(vp8x(1, 1), ['ICCP', [1]], vp8l(800, 600)), 800, 600],
  ])('is read: %s', (_, type, bytes, width, height) => {
    expect(imageSize(bytes, type)).toEqual({ width, height })
  })

  it('is that of a frame of an animation', () => {
    const [name, bytes] = vp8l(800, 600)
    const inside = [...bytesOf(name), ...little32(bytes.length), ...bytes, 0]
    expect(imageSize(webp(vp8x(1, 1), ['ANMF', [...Array<number>(16).fill(0), ...inside]]), 'image/webp')).toEqual({
      width: 800,
      height: 600,
    })
  })

  it('is nothing, and takes no time, wherever the image is cut off', () => {
    for (const [type, whole] of [
      ['image/png', png(9, 9)],
      ['image/gif', gif(1, 1, ...EXTENSION, ...frame(0, 0, 9, 8))],
      ['image/jpeg', jpeg(9, 9, 0xc0, ...EXIF)],
      ['image/webp', webp(vp8x(9, 9), vp8l(9, 9))],
    ] as const) {
      for (let length = 0; length < whole.length; length += 1) {
        expect(imageSize(whole.subarray(0, length), type).width).toBeLessThanOrEqual(9)
      }
    }
    expect(imageSize(new Uint8Array(1 << 20), 'image/jpeg')).toEqual({ width: 0, height: 0 })
    expect(imageSize(new Uint8Array(1 << 20), 'image/webp')).toEqual({ width: 0, height: 0 })
  })
})

describe('a large image', () => {
  it('is not shown above a number of pixels', () => {
    expect(bodyOf(png(8000, 5000), 'image/png').kind).toBe('image')
    expect(8000 * 5000).toBe(MOST_PIXELS)
    expect(bodyOf(png(8000, 5001), 'image/png')).toEqual({
      kind: 'large image',
      extension: 'png',
      size: { width: 8000, height: 5001 },
    })
  })

  it('is read where it begins in a larger buffer', () => {
    const inside = new Uint8Array([1, 2, 3, ...png(60_000, 60_000)]).subarray(3)
    expect(imageSize(inside, 'image/png')).toEqual({ width: 60_000, height: 60_000 })
  })
})
