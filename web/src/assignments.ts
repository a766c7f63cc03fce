/** Reads `KEY=VALUE` lines, as `--var` takes them. Ignores empty lines and lines that start with `#`. */
export function parseAssignments(text: string): { values: Record<string, string>; problems: string[] } {
  const values: Record<string, string> = {}
  const problems: string[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const at = line.indexOf('=')
    if (at <= 0) problems.push(`line ${index + 1}: expected \`KEY=VALUE\``)
    else values[line.slice(0, at).trim()] = line.slice(at + 1).trim()
  }
  return { values, problems }
}
