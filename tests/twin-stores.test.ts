import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startBook, stores } from './harness.ts'
import { TwinRun } from './model/twin-run.ts'
import { drawCalls } from './model/twin-steps.ts'

for (const store of stores.filter((name) => name !== 'sqlite')) {
  test(`${store} answers the same as sqlite, call by call`, async (t) => {
    const run = await TwinRun.on(await Promise.all([startBook(t, 'sqlite'), startBook(t, store)]))
    for (const call of drawCalls(800, 3)) await run.perform(call)
    assert.ok(run.comparisons > 600)
  })
}
