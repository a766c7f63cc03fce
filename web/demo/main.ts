// The dashboard on a recording instead of a server: `npm run dev`, then `/demo/`. Served in development only; the
// production build starts at `index.html` and never reaches this.
//
// `?replay=recording.ndjson` plays a file of this folder, as `stepcast run --json - > recording.ndjson` writes it;
// otherwise it is a made-up morning. `&speed=20` plays faster, `&speed=0` stands still.

import { createApp } from 'vue'
import { Replay, systemClock } from 'stepcast-client/dashboard'
import { TokenStore } from '../src/sign-in'
import App from '../src/components/App.vue'
import { createDashboard, DASHBOARD } from '../src/dashboard'
import '../src/styles/main.css'
import { answer, morning } from './morning'

const query = new URLSearchParams(location.search)
const speed = Number(query.get('speed') ?? '1')
const recording = query.get('replay')

async function source(): Promise<Replay> {
  if (recording === null) {
    const { events, alreadyPlayed } = morning(Date.now())
    const replay = new Replay(events, { answer })
    replay.play(alreadyPlayed)
    return replay
  }
  const response = await fetch(recording)
  return Replay.fromLines(await response.text(), { answer })
}

const replay = await source()
const dashboard = createDashboard({
  tokens: new TokenStore(sessionStorage),
  shares: new TokenStore(sessionStorage, 'stepcast.share'),
  connect: () => replay,
})
if (query.get('scene') !== 'signed-out') dashboard.signIn('demo')
replay.setStatus({ phase: 'connected', principal: 'ana', role: 'admin', connection: 'c1' })
if (query.get('scene') === 'reconnecting') {
  replay.setStatus({ phase: 'waiting', until: Date.now() + 12_000, refusals: 1 })
}
if (speed > 0) replay.playInTime(systemClock, speed)
createApp(App).provide(DASHBOARD, dashboard).mount('#app')
