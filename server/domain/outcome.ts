/** What came of a decision: a value, or a refusal that the caller must handle, told by its code. */
export type Outcome<Value, Refusal> = { ok: true; value: Value } | { ok: false; refusal: Refusal }

/** The decision went through. */
export function done<Value>(value: Value): { ok: true; value: Value } {
  return { ok: true, value }
}

/** The decision was refused. */
export function refused<Refusal>(refusal: Refusal): { ok: false; refusal: Refusal } {
  return { ok: false, refusal }
}

/** Ends a switch over codes: the compiler proves that no code is left. */
export function unreachable(value: never): never {
  throw new Error(`No case for ${String(value)}`)
}
