import type { OpenBook, ReleasedFile } from '../storage/store.ts'

/** Stored files of an account, by their names. */
type SettledFiles = { userId: number; files: string[]; nowMs: number }

/** The changes of stored files by name; each is one transaction. */
export const attachmentOperations = {
  /**
   * Decides what became of files whose call was answered without being known to be stored; tells which of them are named.
   * The others count as released from now on, so that a commit that is late after all cannot name them any more.
   */
  async settleFiles(open: OpenBook, { userId, files, nowMs }: SettledFiles): Promise<string[]> {
    const named: string[] = []
    for (const file of files) if (await open.hasFile(userId, file)) named.push(file)
    // They never were part of what the account has, so their sizes do not count.
    const unnamed = files.filter((file) => !named.includes(file)).map((file) => ({ file, bytes: 0 }))
    await open.nameFiles(userId, unnamed)
    await open.releaseFiles(userId, unnamed, nowMs)
    return named
  },

  /** Forgets released files once they are gone from the disk. */
  async forgetFiles(open: OpenBook, { files }: { files: ReleasedFile[] }): Promise<null> {
    await open.forgetFiles(files)
    return null
  },
}
