import { createApp } from 'vue'
import App from './components/App.vue'
import { systemClock } from './client/clock'
import { Connection } from './client/connection'
import type { SocketClass } from './client/link'
import { TokenStore } from './client/sign-in'
import { createDashboard, DASHBOARD } from './dashboard'
import { socketUrl } from './socket-url'
import './styles/main.css'

const dashboard = createDashboard({
  tokens: new TokenStore(sessionStorage),
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

void dashboard.start(location, history)
createApp(App).provide(DASHBOARD, dashboard).mount('#app')
