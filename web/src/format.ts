/** A duration for reading: `85 ms`, `4.2 s`, `3 min 05 s`, `2 h 10 min`. */
export function duration(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return ''
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  const seconds = milliseconds / 1000
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  const minutes = Math.round(whole / 60)
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** A part of a duration: `29 µs`, `4.1 ms`, `85 ms`, `4.2 s` */
export function shortDuration(microseconds: number): string {
  if (microseconds < 1000) return `${Math.round(microseconds)} µs`
  return microseconds < 9950 ? `${(microseconds / 1000).toFixed(1)} ms` : duration(microseconds / 1000)
}

/** A duration that is not exact: `2.5 s`, `4 s`, `13 s`, `2 min`. */
export function roughDuration(milliseconds: number): string {
  const unit = milliseconds < 10_000 ? 100 : milliseconds < 59_500 ? 1000 : 60_000
  return duration(Math.round(milliseconds / unit) * unit).replace(/\.0(?= s)| 00 s$/, '')
}

/** The time since `at`, in the largest unit that fits: `just now`, `5 min ago`, `yesterday`. */
export function ago(at: string, now: number): string {
  const seconds = Math.round((now - Date.parse(at)) / 1000)
  if (Number.isNaN(seconds)) return ''
  if (seconds < 45) return 'just now'
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min ago`
  const hours = Math.round(minutes / 60)
  if (hours < 24) return `${hours} h ago`
  const days = Math.round(hours / 24)
  return days === 1 ? 'yesterday' : `${days} days ago`
}

/** The beginning of a job's id, which is its time to the millisecond: `01a202c5-7d9b`. Two jobs rarely share it. */
export function shortJob(job: string): string {
  return job.slice(0, 13)
}

/** The full date and time, in the user's time zone. */
export function moment(at: string): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime())
    ? at
    : date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
}

const NUMBERS = new Intl.NumberFormat('en')

/** `2,000` */
export function count(number: number): string {
  return NUMBERS.format(number)
}

/** `1 test`, `2 tests` */
export function plural(number: number, one: string): string {
  return `${count(number)} ${one}${number === 1 ? '' : 's'}`
}

/** `10 bytes`, `4.2 KiB`, `1.0 MiB` */
export function size(bytes: number): string {
  if (bytes < 1024) return plural(bytes, 'byte')
  const kibibytes = bytes / 1024
  return kibibytes < 1023.95 ? `${kibibytes.toFixed(1)} KiB` : `${(kibibytes / 1024).toFixed(1)} MiB`
}
