import assert from 'node:assert/strict'
import { test } from 'node:test'
import { restartPauseMs } from '@contactbook/server/workers.ts'

/** The pauses before a worker is started again that runs for so long each time, in milliseconds. */
function pausesOf(runs: number[]): number[] {
  let pauseMs = 0
  return runs.map((ranMs) => {
    pauseMs = restartPauseMs(pauseMs, ranMs)
    return pauseMs
  })
}

test('a worker that goes on ending is started again after ever longer pauses, of ten seconds at most', () => {
  const runs = Array.from({ length: 10 }, () => 300)
  assert.deepEqual(pausesOf(runs), [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000])
})

test('a worker that has run for more than a minute is started again at once, however often it had ended before', () => {
  assert.deepEqual(pausesOf([300, 300, 300, 61_000, 300, 59_000, 61_000]), [100, 200, 400, 100, 200, 400, 100])
})
