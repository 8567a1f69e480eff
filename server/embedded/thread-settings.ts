import type { AnswerTools } from '../book.ts'

/** What the threads of the embedded store are told when they start. */
export type ThreadSettings = { bookPath: string; indexPath: string; checkReplies: boolean }

/** The settings of the book thread, with the second of the newest id in the book. */
export type BookThreadSettings = ThreadSettings & { lastSecond: number }

/** The check of replies where it is wanted; only then are the schemas loaded. */
export async function replyCheck({ checkReplies }: ThreadSettings): Promise<AnswerTools['checkReply']> {
  return checkReplies ? (await import('../check-reply.ts')).checkReply : undefined
}
