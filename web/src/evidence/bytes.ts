/** Each byte as a character. In pieces, because all bytes are too many arguments. */
export function latin1(bytes: Uint8Array): string {
  let text = ''
  for (let place = 0; place < bytes.length; place += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(place, place + 0x8000))
  }
  return text
}

export function base64Of(bytes: Uint8Array): string {
  return btoa(latin1(bytes))
}
