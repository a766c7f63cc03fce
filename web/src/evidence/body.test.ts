import { describe, expect, it } from 'vitest'
import { bytesOf } from 'stepcast-client/testing'
import { bodyOf, MOST_SHOWN_BYTES } from './body'
import { decodedText, exactText } from './decode'

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 1, 2, 3])
const WEBP = new Uint8Array([...bytesOf('RIFF'), 0x0a, 0, 0x0a, 0, ...bytesOf('WEBPVP8 ')])

describe('a body', () => {
  it.each([
    ['image/png', PNG, 'data:image/png;base64,iVBORw0KGgoAAQID'],
    ['Image/GIF; x=1', bytesOf('GIF89a'), 'data:image/gif;base64,R0lGODlh'],
    ['image/webp', WEBP, 'data:image/webp;base64,UklGRgoACgBXRUJQVlA4IA=='],
    ['image/jpeg', new Uint8Array([0xff, 0xd8, 0xff, 0xe0]), 'data:image/jpeg;base64,/9j/4A=='],
  ])('is shown as an image: %s', (type, bytes, address) => {
    expect(bodyOf(bytes, type)).toMatchObject({ kind: 'image', address })
  })

  it.each([
    ['image/png', bytesOf('<svg onload="alert(1)">'), 'text'],
    ['image/svg+xml', bytesOf('<svg onload="alert(1)"/>'), 'text'],
    ['image/jpeg', PNG, 'other'],
    ['text/html', PNG, 'other'],
    ['application/octet-stream', new Uint8Array([0xff, 0x01]), 'other'],
    [undefined, new Uint8Array([0x61, 0x00]), 'other'],
    [undefined, bytesOf('plain'), 'text'],
    ['text/html', new Uint8Array([0x61, 0xff]), 'text'],
    ['text/html', new Uint8Array(), 'text'],
    ['application/json', bytesOf('{"a":1}'), 'json'],
    ['application/problem+json', bytesOf('"a"'), 'json'],
    ['text/plain', bytesOf(' [1]'), 'json'],
    ['text/plain', bytesOf('12'), 'text'],
    ['application/json', bytesOf('{"a":'), 'text'],
    ['constructor', bytesOf('a'), 'text'],
  ])('of the type %s is shown by what it is', (type, bytes, kind) => {
    expect(bodyOf(bytes, type).kind).toBe(kind)
  })

  it('is cut if it is a long text, between two characters', () => {
    const body = bodyOf(bytesOf('a' + 'ü'.repeat(MOST_SHOWN_BYTES)), 'text/plain')
    expect(body).toEqual({
      kind: 'text',
      extension: 'txt',
      text: 'a' + 'ü'.repeat(MOST_SHOWN_BYTES / 2 - 1),
      isCut: true,
    })
  })

  it('can be an image of a megabyte', () => {
    const large = new Uint8Array(1 << 20)
    large.set(PNG)
    expect(bodyOf(large, 'image/png')).toMatchObject({ kind: 'image' })
  })
})

describe('the text of bytes', () => {
  it.each([
    ['text/html', bytesOf('Käse'), 'Käse'],
    [undefined, bytesOf('\ufeffKäse'), 'Käse'],
    ['text/html; charset="ISO-8859-1"', new Uint8Array([0x4b, 0xe4]), 'Kä'],
    ['text/html;charset=utf-16le', new Uint8Array([0x4b, 0, 0xe4, 0]), 'Kä'],
    ['text/html; charset=iso-8859-1', bytesOf('\ufeffKäse'), 'Käse'],
    ['text/html; charset=utf-8', new Uint8Array([0xfe, 0xff, 0, 0x4b]), 'K'],
    ['text/html; charset=utf-8', new Uint8Array([0xff, 0xfe, 0x4b, 0]), 'K'],
    ['text/html; charset=no-such', bytesOf('Käse'), 'Käse'],
    ['text/html; charset=', new Uint8Array([0xff, 0x4b]), '\ufffdK'],
  ])('is decoded: %s', (type, bytes, text) => {
    expect(decodedText(bytes, type)).toBe(text)
  })

  it('is exact only if it has the same bytes in UTF-8', () => {
    expect(exactText(bytesOf('\ufeffKäse'))).toBe('\ufeffKäse')
    expect(exactText(new Uint8Array([0xff]))).toBeUndefined()
  })
})
