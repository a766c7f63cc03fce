/** The address of the WebSocket: from `<meta name="stepcast-ws">`, or `/ws` on the host of the page. */
export function socketUrl(document: Document, location: Location): string {
  const configured = document.querySelector<HTMLMetaElement>('meta[name="stepcast-ws"]')?.content
  if (configured) return configured
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`
}
