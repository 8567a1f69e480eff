// The long form of tests/twin-stores.test.ts: compares the stores over as many calls as asked for, round after round, each
// with the next seed, on books of its own.
//
//   node --test tests/trials/twin-rounds.ts
//   TWIN_CALLS=5000 TWIN_ROUNDS=10 TWIN_SEED=1 node --test tests/trials/twin-rounds.ts
import { test } from 'node:test'
import { startBook, stores } from '../harness.ts'
import { TwinRun } from '../model/twin-run.ts'
import { drawCalls } from '../model/twin-steps.ts'

const { TWIN_CALLS: calls = '3000', TWIN_ROUNDS: rounds = '5', TWIN_SEED: firstSeed = '1' } = process.env

for (let seed = Number(firstSeed); seed < Number(firstSeed) + Number(rounds); seed++) {
  for (const store of stores.filter((name) => name !== 'sqlite')) {
    test(`seed ${seed}: ${store} answers the same as sqlite, call by call`, async (t) => {
      const run = await TwinRun.on(await Promise.all([startBook(t, 'sqlite'), startBook(t, store)]))
      for (const call of drawCalls(Number(calls), seed)) await run.perform(call)
    })
  }
}
