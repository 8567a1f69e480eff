// A file with a property that is false; it prints the draws that it checks.
import { test } from 'node:test'
import fc from 'fast-check'
import { assertProperty } from '../fixtures/property.ts'

test('is false', async () => {
  await assertProperty(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), (number) => {
      process.stdout.write(`drawn ${number}\n`)
      return number < 1_000
    }),
  )
})
