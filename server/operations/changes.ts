import { attachmentOperations } from './attachment-changes.ts'
import { directoryOperations } from './directory.ts'
import { verificationOperations } from './settle-verification.ts'
import { walletOperations } from './wallet.ts'

/** What the service itself changes, beside the calls of the wire, by name; each is one transaction. */
export const changes = {
  ...directoryOperations,
  ...walletOperations,
  ...verificationOperations,
  ...attachmentOperations,
}

/** The name of such a change. */
export type ChangeName = keyof typeof changes

/** What a change takes. */
export type ChangeInput<Name extends ChangeName> = Parameters<(typeof changes)[Name]>[1]

/** What a change comes to. */
export type ChangeOutcome<Name extends ChangeName> = Awaited<ReturnType<(typeof changes)[Name]>>
