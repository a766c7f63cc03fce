import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** Starts `stepcast up`, and says where it is and how one signs in. `options` are its arguments. */
export async function startServer({ stepcast, pages }, data, ...options) {
  const args = ['up', '--json', '--data-dir', data, '--allow-private-targets', '--allowed-origin', pages.address]
  const server = spawn(stepcast, [...args, '--admin-token', 'an-admin-token', ...options], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = once(server, 'exit')
  const [line] = await Promise.race([once(createInterface(server.stdout), 'line'), ended])
  if (server.exitCode !== null) throw new Error(`\`stepcast up\` ended with ${server.exitCode}`)
  const { ws } = JSON.parse(line)
  const stop = async (signal) => {
    server.kill(signal)
    await ended
  }
  return {
    url: ws,
    port: new URL(ws).port,
    token: 'an-admin-token',
    stop: () => stop('SIGTERM'),
    kill: () => stop('SIGKILL'),
  }
}
