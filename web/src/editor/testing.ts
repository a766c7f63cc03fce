import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A suite of the repository. */
export interface SuiteFile {
  name: string
  text: string
  /** The lines of which `stepcast lint` complains */
  lines: ReadonlySet<number>
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

const read = (path: string) => (existsSync(ROOT + path) ? readFileSync(ROOT + path, 'utf8') : '')

function suitesIn(folder: string): SuiteFile[] {
  const files = readdirSync(ROOT + folder).filter((file) => file.endsWith('.yaml'))
  return files.map((name) => {
    const complaints = read(`${folder}/${name.replace('.yaml', '.txt')}`)
    const lines = [...complaints.matchAll(/^[^ ]*?:(\d+):\d+: error: /gm)].map(([, line]) => Number(line))
    return { name, text: read(`${folder}/${name}`), lines: new Set(lines) }
  })
}

export const badSuites = suitesIn('tests/fixtures/bad-suites')

const documented = [...read('docs/SUITES.md').matchAll(/^```yaml suite.*\n([^]*?)^```/gm)]

export const goodSuites = [
  ...suitesIn('examples'),
  ...suitesIn('tests/fixtures/suites'),
  ...suitesIn('tests/fixtures/lint-warnings'),
  ...documented.map(([, text = ''], index) => ({
    name: `suite ${index} of SUITES.md`,
    text,
    lines: new Set<number>(),
  })),
]
