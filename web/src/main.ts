import { createApp } from 'vue'
import { sharedJobIn } from 'stepcast-client'
import { Connection, systemClock } from 'stepcast-client/dashboard'
import App from './components/App.vue'
import { codeIn, TokenStore } from './sign-in'
import { createDashboard, DASHBOARD } from './dashboard'
import { DrawingPace } from './drawing-pace'
import { socketUrl } from './socket-url'
import './styles/main.css'

const pace = new DrawingPace(systemClock, (run) => requestAnimationFrame(run))

const dashboard = createDashboard({
  tokens: new TokenStore(sessionStorage),
  shares: new TokenStore(sessionStorage, 'stepcast.share'),
  connect: (token) =>
    new Connection({
      url: socketUrl(document, location),
      token,
      Socket: WebSocket,
      clock: systemClock,
    }),
  beforeNextFrame: (run) => pace.beforeNextFrame(run),
})

// A laptop that wakes up or regains its network reconnects at once and does not wait for the rest of a pause.
window.addEventListener('online', () => dashboard.store.value?.source.reconnectNow())

// If the dashboard is already open, opening another sign-in link or share link changes only the fragment.
window.addEventListener('hashchange', () => {
  if ((codeIn(location.hash) ?? sharedJobIn(location.hash)) !== undefined) void dashboard.start(location, history)
})

void dashboard.start(location, history)
createApp(App).provide(DASHBOARD, dashboard).mount('#app')
