import { setTimeout as pause } from 'node:timers/promises'

const pollMs = 15

/** Repeats the probe until it answers something, for `withinMs` at most, and answers that. The failure includes `detail`. */
export async function eventually<Found>(
  what: string,
  probe: () => Found | Promise<Found>,
  withinMs = 60_000,
  detail: () => string = () => '',
): Promise<NonNullable<Found>> {
  const endMs = performance.now() + withinMs
  for (;;) {
    const found = await probe()
    if (found) return found
    if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what} ${detail()}`.trimEnd())
    await pause(pollMs)
  }
}
