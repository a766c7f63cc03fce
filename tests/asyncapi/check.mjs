// Reads an AsyncAPI document and checks its examples against their schemas, which the parser does not do for version 3.
// Errors and warnings are failures; the existence of a newer version of AsyncAPI is neither.
import { readFile } from 'node:fs/promises'
import { Parser } from '@asyncapi/parser'
import Ajv from 'ajv'
import addFormats from 'ajv-formats'

const WARNING = 1

const file = process.argv[2]
const { document, diagnostics } = await new Parser().parse(await readFile(file, 'utf8'))
const findings = [...ofDocument(diagnostics), ...(document ? document.messages().all().flatMap(ofExamples) : [])]
findings.forEach((finding) => console.error(finding))
process.exitCode = findings.length > 0 ? 1 : 0

function ofDocument(diagnostics) {
  const found = diagnostics.filter(({ severity }) => severity <= WARNING)
  // An error in a schema is also reported wherever a reference leads to the schema; these findings have no position.
  const placed = found.filter(({ range: { start } }) => start.line > 0 || start.character > 0)
  return (placed.length > 0 ? placed : found).map(({ range: { start }, path, code, message }) => {
    return `${file}:${start.line + 1}:${start.character + 1}: ${path.join('.')}: ${message} (${code})`
  })
}

function ofExamples(message) {
  const examples = message.examples().all()
  if (examples.length === 0) return [`${file}: message ${message.id()}: there is no example`]
  const ajv = addFormats(new Ajv({ allErrors: true, strict: false, formats: { int64: true } }))
  const conforms = ajv.compile(message.payload().json())
  return examples.flatMap((example, at) => {
    if (conforms(example.payload())) return []
    return conforms.errors.map(
      (error) => `${file}: message ${message.id()}: examples[${at}].payload${error.instancePath}: ${error.message}`,
    )
  })
}
