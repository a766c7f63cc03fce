/** Where the WebSocket is: what `<meta name="stepcast-ws">` says, or `/ws` on the host the page came from. */
export function socketUrl(document: Document, location: Location): string {
  const configured = document.querySelector<HTMLMetaElement>('meta[name="stepcast-ws"]')?.content
  if (configured) return configured
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`
}
