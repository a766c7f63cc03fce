// A made-up runner: the files and variables that GitHub gives to a step, and how it reads what a step prints.
import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
export const scripts = join(root, 'integrations/github')

/** The program under test. */
export const stepcast = resolve(root, process.env.STEPCAST ?? 'target/debug/stepcast')
if (!existsSync(stepcast)) throw new Error(`there is no program ${stepcast}\n\nhint: build it, or set STEPCAST to it`)

/** A machine with a workspace. `t` removes it at the end. */
export function runner(t) {
  const folder = mkdtempSync(join(tmpdir(), 'stepcast-action-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const name of ['temp', 'bin', 'workspace']) mkdirSync(join(folder, name))
  const files = {
    GITHUB_OUTPUT: join(folder, 'output'),
    GITHUB_STEP_SUMMARY: join(folder, 'summary'),
    GITHUB_PATH: join(folder, 'path'),
    GITHUB_EVENT_PATH: join(folder, 'event.json'),
  }
  for (const file of Object.values(files)) writeFileSync(file, '')
  const environment = {
    ...files,
    PATH: `${join(folder, 'bin')}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    HOME: folder,
    RUNNER_TEMP: join(folder, 'temp'),
    GITHUB_ACTIONS: 'true',
    CI: 'true',
    GITHUB_REPOSITORY: 'acme/shop',
    GITHUB_REF: 'refs/pull/7/merge',
    GITHUB_REF_NAME: '7/merge',
    GITHUB_BASE_REF: 'main',
    GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567',
    GITHUB_RUN_ID: '4711',
    GITHUB_WORKFLOW: 'Pages',
    GITHUB_JOB: 'pages',
    GITHUB_SERVER_URL: 'https://github.example',
  }
  return {
    folder,
    workspace: join(folder, 'workspace'),
    environment,

    /** Writes a file of the workspace. */
    write(name, text) {
      writeFileSync(join(folder, 'workspace', name), text)
      return name
    },
    event: (event) => writeFileSync(files.GITHUB_EVENT_PATH, JSON.stringify(event)),
    /** Installs a program: a path of one, or the text of a script. */
    install(name, program) {
      const path = join(folder, 'bin', name)
      rmSync(path, { force: true })
      if (program.startsWith('#!')) {
        writeFileSync(path, program)
        chmodSync(path, 0o755)
      } else symlinkSync(program, path)
    },
    /** Runs a script of the action, as the step in action.yml does. */
    step: (script, variables = {}, interrupt) =>
      run(script.endsWith('install.sh') ? 'sh' : 'bash', [join(scripts, script)], {
        cwd: join(folder, 'workspace'),
        env: { ...environment, ...variables },
        interrupt,
      }),
    outputs: () => outputs(readFileSync(files.GITHUB_OUTPUT, 'utf8')),
    summary: () => readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8'),
    path: () => readFileSync(files.GITHUB_PATH, 'utf8').trim(),
    /** The names in the workspace, to see what an injected command would have left. */
    left: () => readdirSync(join(folder, 'workspace')),
  }
}

/** Runs a program to its end. `interrupt` gets the process and may send signals. */
export function run(program, options, { cwd, env, interrupt }) {
  return new Promise((done, fail) => {
    const child = spawn(program, options, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const text = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr']) child[name].on('data', (bytes) => (text[name] += bytes))
    child.on('error', fail)
    child.on('close', (code, signal) => done({ code, signal, ...text, ...read(text.stdout + text.stderr) }))
    interrupt?.(child)
  })
}

/** What the runner reads from the file of outputs; the last value of a name counts. */
function outputs(text) {
  const values = {}
  const lines = text.split('\n')
  while (lines.length > 1) {
    const line = lines.shift()
    const [, name, end] = /^([^=<]+)<<(.+)$/.exec(line) ?? []
    if (!name) throw new Error(`the runner would refuse the output line ${JSON.stringify(line)}`)
    const length = lines.indexOf(end)
    if (length < 0) throw new Error(`the output ${name} does not end`)
    values[name] = lines
      .splice(0, length + 1)
      .slice(0, -1)
      .join('\n')
  }
  return values
}

// The runner takes `::command::` at the start of a line, after white space, and the old form `##[command]` anywhere.
// https://github.com/actions/runner/issues/4692
const NEW = /^\s*::([a-z-]+)(?: ([^:]*(?::(?!:)[^:]*)*))?::(.*)$/
const OLD = /##\[([a-z-]+)[^\]]*\](.*)/

/** The commands that the runner carries out, and the log that people see, with masks applied. */
function read(text) {
  const commands = []
  const log = []
  const masks = []
  let resume
  for (const line of text.split('\n')) {
    const found = NEW.exec(line) ?? OLD.exec(line)
    if (resume) {
      if (line.trim() === `::${resume}::`) resume = undefined
      else log.push(line)
      continue
    }
    if (!found) {
      log.push(line)
      continue
    }
    const data = unescape(found.at(-1))
    if (found[1] === 'stop-commands') resume = data
    else if (found[1] === 'add-mask') masks.push(data)
    else commands.push({ command: found[1], properties: found.length > 3 ? found[2] : '', data })
    if (['error', 'warning', 'notice'].includes(found[1])) log.push(data)
  }
  if (resume) throw new Error('the step ended without taking commands again')
  const hidden = (all) => masks.reduce((so_far, mask) => so_far.replaceAll(mask, '***'), all)
  return { commands, masks, log: hidden(log.join('\n')) }
}

const unescape = (text) => text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
