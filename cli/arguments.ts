import { InvalidArgumentError } from 'commander'

/** What a word is held to: a schema of the contract. */
type WordSchema<Value> = { safeParse(word: string): { success: true; data: Value } | { success: false } }

/** A parser for commander that holds a word to the contract's own schema, so that no call is made in vain. */
export function wordOf<Value>(schema: WordSchema<Value>, expected: string): (word: string) => Value {
  return (word) => {
    const read = schema.safeParse(word)
    if (read.success) return read.data
    throw new InvalidArgumentError(`It has to be ${expected}.`)
  }
}
