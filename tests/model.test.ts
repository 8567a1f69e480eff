import { describe, test } from 'node:test'
import { holds } from './fixtures/property.ts'
import { startBook, stores } from './harness.ts'
import { ModelRun } from './model/model-run.ts'
import { run } from './model/steps.ts'

for (const store of stores) {
  describe(store, () => {
    test('two accounts see, after any sequence of calls, what a few plain arrays would hold', async (t) => {
      const book = await startBook(t, store)
      await holds([run], 12, async (steps) => {
        const asha = new ModelRun(book, await book.account({ name: 'Asha Traders' }))
        const ravi = new ModelRun(book, await book.account({ name: 'Ravi Stores' }))
        for (const { account, step } of steps) {
          if (account === 0) await asha.perform(step, ravi)
          else await ravi.perform(step, asha)
        }
        await asha.compareAll()
        await ravi.compareAll()
      })
    })

    test('a book is the same after the service was stopped and started in the middle of any sequence', async (t) => {
      const book = await startBook(t, store)
      await holds([run, run], 2, async (before, after) => {
        const ravi = new ModelRun(book, await book.account({ name: 'Ravi Stores' }))
        const asha = new ModelRun(book, await book.account({ name: 'Asha Traders' }))
        for (const { step } of before) await asha.perform(step, ravi)
        const restarted = await asha.restarted()
        await restarted.compareAll()
        for (const { step } of after) await restarted.perform(step, ravi)
      })
    })
  })
}
