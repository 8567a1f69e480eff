import type { StoredFile } from './store.ts'

/** The total bytes of files. */
export function bytesOf(files: StoredFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0)
}
