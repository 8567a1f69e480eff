import type { ChangeInput, ChangeName } from '../operations/changes.ts'
import type { Locks } from '../storage/postgres-transactions.ts'

/** What each change of the service's own holds while it decides. */
const locks: { [Name in ChangeName]: (input: ChangeInput<Name>) => Locks } = {
  // The number of a new account is the next one after all others.
  createAccount: () => ({ counter: 'accounts', userIds: [] }),
  createFirstBook: () => ({ counter: 'accounts', userIds: [] }),
  setAccountBlocked: ofAccount,
  createCredential: ofAccount,
  rotateCredential: ofAccount,
  revokeCredential: ofAccount,
  changeSetting: () => ({ counter: 'settings', userIds: [] }),
  makeSetting: () => ({ counter: 'settings', userIds: [] }),
  topUpWallet: ofAccount,
  settleVerification: ofAccount,
  // It holds the verifications that it finds, one by one; of what other accounts do meanwhile it knows nothing.
  claimDueVerifications: () => ({ userIds: [] }),
  advanceSimulator: () => ({ counter: 'settings', userIds: [] }),
  // Once the account's lock is held, a call with an unknown outcome has ended.
  settleFiles: ofAccount,
  // A file that was released is never named again, so forgetting it is one statement that depends on nothing.
  forgetFiles: () => ({ userIds: [] }),
}

/** The locks of a change. */
export function locksOf<Name extends ChangeName>(name: Name, input: ChangeInput<Name>): Locks {
  return locks[name](input)
}

function ofAccount({ userId }: { userId: number }): Locks {
  return { userIds: [userId] }
}
