import type { Attachments } from '../attachments/attachments.ts'
import type { FileKeeping } from '../attachments/file-keeping.ts'
import type { Answer, Work } from '../book.ts'
import type { Attachment } from '../domain/attachment.ts'
import { errorFields, type Log } from '../log.ts'
import { isNothingStored } from './failure.ts'

// What becomes of the files that a call has brought.

/** What is needed to answer a call that may bring files. */
export type FilesContext = {
  attachments: Attachments
  files: Pick<FileKeeping, 'leaveUnsettled'>
  answer: (work: Work) => Promise<Answer>
  log: Log
}

/** Answers a work, and then keeps the files that it brought, where the book names them now, or discards them. */
export async function answerWithFiles(context: FilesContext, work: Work): Promise<Answer> {
  const files = filesOf(work.input)
  if (files.length === 0) return context.answer(work)
  try {
    const answer = await context.answer(work)
    // A repeat stands for the first call, whose files are other ones.
    if (answer.code === null && !answer.replayed) await keepFiles(context, work.userId, files)
    else await discardFiles(context.attachments, work.userId, files)
    return answer
  } catch (error) {
    // Where it is unknown whether the book has stored the work, the files wait until it can be asked.
    if (isNothingStored(error)) await discardFiles(context.attachments, work.userId, files)
    else context.files.leaveUnsettled(work.userId, files)
    throw error
  }
}

async function keepFiles({ attachments, log }: FilesContext, userId: number, files: Attachment[]): Promise<void> {
  for (const { file } of files) {
    // One that could not be moved is read from where it is, and moved when incoming is looked after.
    await attachments.keep(userId, file).catch((error) => log.error(errorFields(error), 'a file could not be kept'))
  }
}

/** Drops files that the book will never name. One that cannot be dropped now goes when incoming is looked after. */
export async function discardFiles(
  attachments: Attachments,
  userId: number,
  files: Pick<Attachment, 'file'>[],
): Promise<void> {
  await Promise.allSettled(files.map(({ file }) => attachments.discard(userId, file)))
}

/** The files among the fields of a call. No client can send them as fields: where a route takes files, they are put in here. */
export function filesOf({ files }: Record<string, unknown>): Attachment[] {
  return Array.isArray(files) ? files : []
}
