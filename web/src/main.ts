import { createApp } from 'vue'
import App from './components/App.vue'
import { systemClock } from './client/clock'
import { Connection } from './client/connection'
import type { SocketClass } from './client/link'
import { sharedJobIn } from './client/shared-job'
import { codeIn, TokenStore } from './client/sign-in'
import { createDashboard, DASHBOARD } from './dashboard'
import { socketUrl } from './socket-url'
import './styles/main.css'

const dashboard = createDashboard({
  tokens: new TokenStore(sessionStorage),
  shares: new TokenStore(sessionStorage, 'stepcast.share'),
  connect: (token) =>
    new Connection({
      url: socketUrl(document, location),
      token,
      Socket: WebSocket as unknown as SocketClass,
      clock: systemClock,
    }),
})

// A laptop that wakes up or finds its network again should not sit out the rest of a pause.
window.addEventListener('online', () => dashboard.store.value?.source.reconnectNow())

// A second sign-in link, or one to a shared job, opened where the dashboard is open already changes only the fragment.
window.addEventListener('hashchange', () => {
  if ((codeIn(location.hash) ?? sharedJobIn(location.hash)) !== undefined) void dashboard.start(location, history)
})

void dashboard.start(location, history)
createApp(App).provide(DASHBOARD, dashboard).mount('#app')
