/** What the threads of the embedded store are told when they start. */
export type ThreadSettings = { bookPath: string; indexPath: string; checkReplies: boolean }

/** What the book thread is told besides: how its ids begin. */
export type BookThreadSettings = ThreadSettings & { processPart: string; lastSecond: number }
