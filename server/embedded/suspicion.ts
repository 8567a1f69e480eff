import { existsSync, rmSync, writeFileSync } from 'node:fs'

// A book that was found damaged while the server ran is checked at the next start, however the server stops: a marker file
// beside it requests that.

/** Requests a check of the book at the next start. Never throws: a failing disk may reject this too. */
export function suspect(bookPath: string): void {
  try {
    writeFileSync(markOf(bookPath), '')
  } catch {
    // The damage is detected again when the page is read again.
  }
}

export function isSuspect(bookPath: string): boolean {
  return existsSync(markOf(bookPath))
}

export function clearSuspicion(bookPath: string): void {
  rmSync(markOf(bookPath), { force: true })
}

function markOf(bookPath: string): string {
  return `${bookPath}-check`
}
