import type { StoredFile } from './store.ts'

/** How many bytes files have together. */
export function bytesOf(files: StoredFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0)
}
