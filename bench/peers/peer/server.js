// The first process of the Node side: takes commands over Socket.IO, queues tests with BullMQ, and passes on what the
// worker publishes.
import { createServer } from 'node:http'
import { Queue } from 'bullmq'
import { Server } from 'socket.io'
import { channel, connect, createJob, newestJobs, readJob, redisPort } from './store.js'
import { verify } from './token.js'

const queue = new Queue('tests', {
  connection: { host: '127.0.0.1', port: redisPort },
  defaultJobOptions: { attempts: 3, backoff: { type: 'exponential', delay: 250 }, removeOnComplete: true },
})
const http = createServer((request, response) => response.writeHead(404).end())
const io = new Server(http, { transports: ['websocket'], maxHttpBufferSize: 2 ** 20 })

io.use((socket, next) => {
  try {
    socket.data.principal = verify(socket.handshake.auth.token).sub
    next()
  } catch {
    next(new Error('unauthorized'))
  }
})

// One test for each value of `each`, which is `{ NAME: [VALUE, ...] }`; `${NAME}` in any text of the test stands for it.
const expand = ({ each, ...test }) => {
  if (!each) return [test]
  const [[name, values]] = Object.entries(each)
  const text = JSON.stringify(test)
  return values.map((value) => JSON.parse(text.replaceAll('${' + name + '}', value)))
}

const commands = {
  ping: () => ({ at: Date.now() }),
  jobs: (socket, { limit = 50 } = {}) => newestJobs(Math.min(limit, 100)),
  // The socket joins before the state is read, so that no event is lost in between.
  watch: (socket, job) => {
    socket.join(channel(job))
    return readJob(job)
  },
  run: async (socket, suite) => {
    const tests = suite.tests.flatMap(expand)
    const job = await createJob(suite.suite, socket.data.principal, tests.length)
    socket.join(channel(job))
    await queue.addBulk(
      tests.map((test, number) => ({
        name: 'test',
        data: { job, test: number, name: test.name, steps: test.steps },
        opts: { jobId: `${job}-${number}` },
      })),
    )
    return { job, total: tests.length }
  },
}

io.on('connection', (socket) => {
  for (const [name, command] of Object.entries(commands))
    socket.on(name, async (...values) => {
      const answer = values.pop()
      try {
        answer(await command(socket, ...values))
      } catch (error) {
        console.error(error)
        answer({ error: String(error) })
      }
    })
})

const subscriber = connect()
subscriber.on('pmessage', (pattern, name, event) => io.to(name).emit('event', JSON.parse(event)))
await subscriber.psubscribe(channel('*'))
await queue.waitUntilReady()
http.listen(Number(process.env.PORT), '127.0.0.1', 4096, () => console.log('ready'))
process.on('SIGTERM', () => process.exit())
