/** A value for `${secret.name}`, as the user types it. */
export interface Secret {
  name: string
  value: string
}

/** The values by name, and the problems that prevent sending them. Ignores empty rows. */
export function secretValues(secrets: readonly Secret[]): { values: Record<string, string>; problems: string[] } {
  const typed = secrets.filter(({ name, value }) => name.trim() !== '' || value !== '')
  const values = Object.fromEntries(typed.map(({ name, value }) => [name.trim(), value]))
  const problems = typed.flatMap(({ name, value }, index) => {
    if (name.trim() === '') return [`secret ${index + 1} has no name`]
    return value === '' ? [`\`${name.trim()}\` has no value`] : []
  })
  return { values, problems }
}
