import { parseArgs } from 'node:util'
import { closest, distance } from 'fastest-levenshtein'

/** The flags by name: `string` with a value, `boolean` without. */
export type FlagTypes = Record<string, { type: 'string' | 'boolean' }>

/** The given flags, as text by name, and a sentence for each argument that is wrong. */
export type ReadFlags = { values: Record<string, string>; faults: string[] }

/** Characters in which an unknown flag may differ from the one that is suggested for it. */
const typingErrorsMax = 3

/** Reads the flags. `--no-x` is `x` false, a flag without a value is true. All faults are reported. */
export function readFlags(args: string[], types: FlagTypes): ReadFlags {
  const { tokens } = parseArgs({ args, options: types, allowNegative: true, strict: false, tokens: true })
  const values: Record<string, string> = {}
  const faults: string[] = []
  let unknownAt = -1
  for (const token of tokens) {
    if (token.kind === 'positional') {
      // The word after an unknown flag is probably its value.
      if (token.index !== unknownAt + 1) faults.push(`Unexpected argument '${token.value}'`)
    } else if (token.kind === 'option') {
      const flag = readFlag(token.rawName, types)
      if (!flag) {
        faults.push(`${token.rawName}: unknown flag${suggestionFor(token.rawName, types)}`)
        unknownAt = token.inlineValue ? -1 : token.index
        continue
      }
      const fault = valueFault(flag, token)
      if (fault) faults.push(`${token.rawName}: ${fault}`)
      else values[flag.name] = token.value ?? String(!flag.isNegative)
    }
  }
  return { values, faults }
}

type Flag = { name: string; type: 'string' | 'boolean'; isNegative: boolean }

function readFlag(rawName: string, types: FlagTypes): Flag | undefined {
  const [, no = '', name = ''] = /^--(no-)?(.*)$/.exec(rawName) ?? []
  const whole = types[no + name]
  if (whole) return { name: no + name, type: whole.type, isNegative: false }
  const negated = no === '' ? undefined : types[name]
  return negated?.type === 'boolean' ? { name, type: 'boolean', isNegative: true } : undefined
}

function valueFault({ type }: Flag, token: { value?: string | undefined; inlineValue?: boolean | undefined }) {
  if (type === 'boolean') return token.value === undefined ? undefined : 'takes no value'
  if (token.value === undefined) return 'a value is missing'
  // The next word is another flag.
  return token.value.startsWith('-') && !token.inlineValue ? 'a value is missing' : undefined
}

function suggestionFor(rawName: string, types: FlagTypes): string {
  const names = Object.entries(types).flatMap(([name, { type }]) =>
    type === 'boolean' ? [name, `no-${name}`] : [name],
  )
  const given = rawName.replace(/^-+/, '')
  const nearest = closest(given, names)
  const isNear = distance(given, nearest) <= Math.min(typingErrorsMax, given.length / 2)
  return isNear ? `; did you mean --${nearest}?` : ''
}
