import type { Attachment } from './attachment.ts'
import type { Part } from './part.ts'

/** What somebody wrote down about a contact, and the files that belong to it. */
export type Note = Part & { note: string; attachments: Attachment[] }
