// Doubles for tests and recordings for the demo. They are not in the package that is published.

export { FakeClock, settled } from './fake-clock.ts'
export { FakeServer, FakeSocket } from './fake-server.ts'
export { bytesOf, exchangeOf, keptEvidence } from './kept-evidence.ts'
export { recordedRun, type RecordedRun } from './recorded-run.ts'
