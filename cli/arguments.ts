import { InvalidArgumentError } from 'commander'
import type { z } from 'zod'

/** A parser for commander that holds a word to the contract's own schema, so that no call is made in vain. */
export function wordOf<Value>(schema: z.ZodType<Value>, expected: string): (word: string) => Value {
  return (word) => {
    const read = schema.safeParse(word)
    if (read.success) return read.data
    throw new InvalidArgumentError(`It has to be ${expected}.`)
  }
}
