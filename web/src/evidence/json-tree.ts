// A tree of JSON for showing, made from its text and not from parsed values: they lose digits of large numbers, and all
// but the last of equal names. The text was written by strangers, so the tree has bounds.

import { shortened } from './shortened'

/** Deeper values are left out */
export const MOST_DEPTH = 32

/** Later values are left out */
export const MOST_VALUES = 1000

export interface JsonNode {
  /** Its name in the object that contains it, as JSON */
  name?: string
  /** A text, number or word as JSON; the opening bracket of an object or array */
  text: string
  /** What an object or array contains */
  children?: JsonNode[]
  /** Whether it contains more than is shown */
  isCut?: boolean
}

export interface JsonTree {
  root: JsonNode
  /** How many values it shows */
  values: number
  isCut: boolean
}

/** The tree of a text, or nothing if the text is not JSON. */
export function jsonTree(text: string): JsonTree | undefined {
  try {
    JSON.parse(text)
  } catch {
    return undefined
  }
  return new Reader(text).read()
}

const TOKENS = /[[\]{}"]|[^\s,:[\]{}"]+/g

/** Reads valid JSON. It keeps its own stack, because deep JSON would fill that of the browser. */
class Reader {
  private readonly top: JsonNode = { text: '[', children: [] }
  private readonly open: JsonNode[] = [this.top]
  /** How many brackets are open that are too deep to be shown */
  private hidden = 0
  private name: string | undefined
  private values = 0
  private isCut = false

  constructor(private readonly text: string) {}

  read(): JsonTree | undefined {
    const tokens = new RegExp(TOKENS)
    for (let token = tokens.exec(this.text); token !== null; token = tokens.exec(this.text)) {
      if (this.values >= MOST_VALUES && !'}]'.includes(token[0])) {
        for (const node of this.open) node.isCut = true
        this.isCut = true
        break
      }
      if (token[0] === '"') {
        const end = this.endOfText(token.index)
        this.takeText(this.text.slice(token.index, end))
        tokens.lastIndex = end
      } else this.take(token[0])
    }
    const root = this.top.children?.[0]
    return root && { root, values: this.values, isCut: this.isCut }
  }

  private take(token: string): void {
    if (token === '{' || token === '[') this.begin(token)
    else if (token !== '}' && token !== ']') this.add({ text: shortened(token) })
    else if (this.hidden > 0) this.hidden -= 1
    else this.open.pop()
  }

  private takeText(json: string): void {
    const isName = this.open.at(-1)?.text === '{' && this.name === undefined && this.hidden === 0
    if (isName) this.name = readable(json)
    else this.add({ text: readable(json) })
  }

  private begin(bracket: string): void {
    const isTooDeep = this.open.length > MOST_DEPTH
    const node: JsonNode = { text: bracket, children: [], ...(isTooDeep && { isCut: true }) }
    if (this.hidden === 0) this.add(node)
    if (!isTooDeep) return void this.open.push(node)
    this.hidden += 1
    this.isCut = true
  }

  private add(node: JsonNode): void {
    if (this.hidden > 0) return
    if (this.name !== undefined) node.name = this.name
    this.name = undefined
    this.open.at(-1)?.children?.push(node)
    this.values += 1
  }

  /** The place after the quotation mark that ends the text that begins at `start`. */
  private endOfText(start: number): number {
    let place = start + 1
    while (place < this.text.length && this.text[place] !== '"') place += this.text[place] === '\\' ? 2 : 1
    return place + 1
  }
}

/** Without escapes that only keep it in ASCII. */
function readable(json: string): string {
  return shortened(json.includes('\\') ? JSON.stringify(JSON.parse(json)) : json)
}
