import type { ReadBook } from '../storage/store.ts'

/** The time by which an environment's provider goes: the simulator's clock may be ahead of ours, and never stands behind it. */
export async function providerClock(
  open: Pick<ReadBook, 'setting'>,
  environment: 'LIVE' | 'SANDBOX',
  nowMs: number,
): Promise<number> {
  return environment === 'LIVE' ? nowMs : nowMs + Number((await open.setting('simulator_ahead_ms')) ?? 0)
}
