import type { OpenBook, ReleasedFile } from '../storage/store.ts'

/** The changes of stored files by name; each is one transaction. */
export const attachmentOperations = {
  /** Forgets released files once they are gone from the disk. */
  async forgetFiles(open: OpenBook, { files }: { files: ReleasedFile[] }): Promise<null> {
    await open.forgetFiles(files)
    return null
  },
}
