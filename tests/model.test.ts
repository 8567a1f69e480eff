import { describe, test } from 'node:test'
import fc from 'fast-check'
import { startBook, stores } from './harness.ts'
import { ModelRun } from './model/model-run.ts'
import { run } from './model/steps.ts'

for (const store of stores) {
  describe(store, () => {
    test('two accounts see, after any sequence of calls, what a few plain arrays would hold', async (t) => {
      const book = await startBook(t, store)
      const property = fc.asyncProperty(run, async (steps) => {
        const asha = new ModelRun(book, await book.account({ name: 'Asha Traders' }))
        const ravi = new ModelRun(book, await book.account({ name: 'Ravi Stores' }))
        for (const { account, step } of steps) {
          if (account === 0) await asha.perform(step, ravi)
          else await ravi.perform(step, asha)
        }
        await asha.compareAll()
        await ravi.compareAll()
      })
      // A failure is reported with its seed and the shortest sequence found.
      await fc.assert(property, { numRuns: 15, interruptAfterTimeLimit: 20_000 })
    })

    test('a book is the same after the service was stopped and started in the middle of any sequence', async (t) => {
      const book = await startBook(t, store)
      const property = fc.asyncProperty(run, run, async (before, after) => {
        const ravi = new ModelRun(book, await book.account({ name: 'Ravi Stores' }))
        const asha = new ModelRun(book, await book.account({ name: 'Asha Traders' }))
        for (const { step } of before) await asha.perform(step, ravi)
        const restarted = await asha.restarted()
        await restarted.compareAll()
        for (const { step } of after) await restarted.perform(step, ravi)
      })
      await fc.assert(property, { numRuns: 2, interruptAfterTimeLimit: 10_000 })
    })
  })
}
