import { done, refused } from '../domain/outcome.ts'
import { readFileLink } from './file-link.ts'
import type { ReadOperation } from './operation.ts'

/** Whose file it is stands in the link: who has it needs no headers. It dies with the note, the contact and the account. */
export const downloadAttachment: ReadOperation<'downloadAttachment'> = async (open, { input: { q }, nowMs }) => {
  const key = (await open.setting('link_key')) ?? ''
  const link = readFileLink(q, { key, nowMs })
  if (!link) return refused({ code: 'link_invalid' })
  const { userId, contactId, noteId, file } = link
  const account = await open.findAccount(userId)
  const note = account && !account.blocked ? await open.findPart('note', userId, contactId, noteId) : undefined
  const attachment = note?.attachments.find((candidate) => candidate.file === file)
  if (!attachment) return refused({ code: 'link_invalid' })
  const { name, bytes, type } = attachment
  return done({ data: { userId, name, file, bytes, type } })
}
