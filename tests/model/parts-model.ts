// What hangs on the contacts of an account, in plain arrays: each kind's rows as a list shows them, the oldest first.

/** A part as a list shows it. */
export type PartRow = Record<string, unknown> & { _id: string; gcId: string; updated_at: string }

/** A note as the model knows it, with the contents of its files. */
export type ModelNote = PartRow & { note: string; files: ModelFile[] }

/** A file of a note: its name, as it was made apart, and its content. */
export type ModelFile = { name: string; content: Buffer }

/** An account to be paid to: as it is sent, as it is kept, and what comes of verifying it. */
export type ModelAccount = {
  sent: Record<string, string>
  kept: { accountType: string; accountNumber: string; accountIfsc: string; beneficiaryName: string }
  /** The statuscode in the end. */
  ends: string
  /** It is pending for a minute first. */
  isPending?: true
  nameAtBank?: string
}

/** A verification as the model knows it. */
export type ModelVerification = {
  externalRef: string
  gcId: string
  account: ModelAccount
  /** The payment method that is verified; of one that is to be added, unknown until it is. */
  paymentId: string | undefined
  purpose: 'add' | 'verify' | 'add_existing'
  state: 'pending' | 'settled'
  startedAtMs: number
  /** The time of the first success of an addition, as on the wire. */
  addedAt?: string
  isCached: boolean
  /** What the wallet held after it was charged, or when nothing was. */
  balancePaise: number
  /** The names that the bank may have told. */
  names: string[]
  /** What was answered first once it had succeeded, by call, and the transaction in each of these answers. */
  answered: { add?: unknown; verify?: unknown; orderid?: string | null }
}

/** The kinds that are listed as they are kept. */
export const rowKinds = ['address', 'person', 'business', 'payment'] as const

/** A kind of part whose rows are kept as a list shows them. */
export type RowKind = (typeof rowKinds)[number]

const openingPaise = 100_000

/** All that hangs on the contacts of one account, and the wallet that pays for verifications. */
export class PartsModel {
  rows: Record<RowKind, PartRow[]> = { address: [], person: [], business: [], payment: [] }
  notes: ModelNote[] = []
  verifications: ModelVerification[] = []
  balancePaise = openingPaise

  /** A contact takes all with it, but for verifications whose outcome is not known. */
  deleteContact(contactId: string): void {
    for (const kind of rowKinds) this.rows[kind] = this.rows[kind].filter(({ gcId }) => gcId !== contactId)
    this.notes = this.notes.filter(({ gcId }) => gcId !== contactId)
    this.verifications = this.verifications.filter(({ gcId, state }) => gcId !== contactId || state === 'pending')
  }

  /** The payment method that a contact has for an account. */
  paymentFor(gcId: string, { kept }: ModelAccount): PartRow | undefined {
    const entries = Object.entries(kept)
    return this.rows.payment.find((row) => row.gcId === gcId && entries.every(([field, value]) => row[field] === value))
  }

  /** The verification with a reference. */
  verification(externalRef: string): ModelVerification | undefined {
    return this.verifications.find((one) => one.externalRef === externalRef)
  }

  /** Earlier successes that make another question for the same account needless. */
  successesFor({ kept }: ModelAccount): ModelVerification[] {
    const isSame = ({ accountType, accountNumber, accountIfsc }: ModelAccount['kept']) =>
      accountType === kept.accountType && accountNumber === kept.accountNumber && accountIfsc === kept.accountIfsc
    return this.verifications.filter(
      ({ state, isCached, account }) =>
        state === 'settled' && !isCached && account.ends === 'TXN' && isSame(account.kept),
    )
  }
}
