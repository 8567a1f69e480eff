import type { ChangeInput, ChangeName } from '../operations/changes.ts'
import type { Locks } from '../storage/postgres-transactions.ts'
import type { ReadBook } from '../storage/store.ts'

type LocksOf<Name extends ChangeName> = (input: ChangeInput<Name>, reads: ReadBook) => Locks | Promise<Locks>

/** What each change of the service's own holds while it decides. */
const locks: { [Name in ChangeName]: LocksOf<Name> } = {
  // The number of a new account is the next one after all others.
  createAccount: () => ({ counter: 'accounts', userIds: [] }),
  createFirstBook: () => ({ counter: 'accounts', userIds: [] }),
  setAccountBlocked: ofAccount,
  createCredential: ofAccount,
  rotateCredential: ofCredential,
  revokeCredential: ofCredential,
  changeSetting: () => ({ counter: 'settings', userIds: [] }),
  makeSetting: () => ({ counter: 'settings', userIds: [] }),
  topUpWallet: ofAccount,
  settleVerification: ofAccount,
  // It holds the verifications that it finds, one by one; of what other accounts do meanwhile it knows nothing.
  claimDueVerifications: () => ({ userIds: [] }),
  advanceSimulator: () => ({ counter: 'settings', userIds: [] }),
  // A file that was released is never named again, so forgetting it is one statement that depends on nothing.
  forgetFiles: () => ({ userIds: [] }),
}

/** The locks of a change. */
export async function locksOf<Name extends ChangeName>(
  name: Name,
  input: ChangeInput<Name>,
  reads: ReadBook,
): Promise<Locks> {
  return locks[name](input, reads)
}

function ofAccount({ userId }: { userId: number }): Locks {
  return { userIds: [userId] }
}

// A credential stays with its account, so it may be looked up before the account is held.
async function ofCredential({ clientId }: { clientId: string }, reads: ReadBook): Promise<Locks> {
  const credential = await reads.findCredential(clientId)
  return { userIds: credential ? [credential.userId] : [] }
}
