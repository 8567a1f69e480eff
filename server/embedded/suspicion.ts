import { existsSync, rmSync, writeFileSync } from 'node:fs'

// A book in which damage was met while it was served is checked at the next start, however the server stops: a file beside
// it says so.

/** Has the book checked at the next start. Never throws: a disk that fails may refuse this too. */
export function suspect(bookPath: string): void {
  try {
    writeFileSync(markOf(bookPath), '')
  } catch {
    // Then damage is found when the page is read again.
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
