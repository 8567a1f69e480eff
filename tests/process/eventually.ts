import { setTimeout as pause } from 'node:timers/promises'

const pollMs = 15

/** Asks until the probe answers something, for `withinMs` at most, and answers that. The failure tells what `detail` knows. */
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
