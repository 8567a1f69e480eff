import type { Mobile } from './mobile.ts'
import type { Part } from './part.ts'
import type { AccountType, Verification } from './verification.ts'

/** Where money for a contact goes. Numbers are text: their leading zeros count. */
export type Payment = Part &
  PaymentDetails & {
    isPrimary: boolean
    isVerified: boolean
    /** Whose account it is, as the bank told at the last verification. */
    nameAtBank: string | null
    /** How alike that name and `beneficiaryName` are, 0 to 100. */
    matchScore: number | null
    verifiedAtMs: number | null
  }

/** Which account it is. `accountIfsc` is `""` for all but bank accounts, `beneficiaryName` where it was not given. */
export type PaymentDetails = {
  accountType: AccountType
  accountNumber: string
  accountIfsc: string
  beneficiaryName: string
}

/** What a caller says of a payment method, whatever its type. */
export type PaymentFields = {
  accountType: AccountType
  upiId?: string | null | undefined
  accountNumber?: string | null | undefined
  accountIfsc?: string | null | undefined
  beneficiaryName?: string | null | undefined
  phoneNumber?: Mobile | null | undefined
  isVerificationOn?: boolean | null | undefined
  externalRef?: string | null | undefined
  latitude?: string | null | undefined
  longitude?: string | null | undefined
}

const fieldsOfType = {
  VPA: ['upiId'],
  WALLET: ['phoneNumber'],
  ACCOUNT: ['accountNumber', 'accountIfsc', 'beneficiaryName'],
} as const

const fieldsOfVerification = ['externalRef', 'latitude', 'longitude'] as const

/** The fields that a payment method needs, as far as its type is known, and that were not given. */
export function missingPaymentFields(fields: Partial<PaymentFields>): string[] {
  const ofType = fields.accountType ? fieldsOfType[fields.accountType] : []
  const needed = [...ofType, ...(fields.isVerificationOn ? fieldsOfVerification : [])]
  return needed.filter((name) => fields[name] == null)
}

/** Complete fields without those that have no effect for this `accountType`; they are not stored. */
export function neededPaymentFields<Fields extends PaymentFields>(fields: Fields): Partial<Fields> {
  const { isVerificationOn } = fields
  const unneeded = new Set<string>([
    ...Object.values(fieldsOfType).flat(),
    ...(isVerificationOn ? [] : ['isVerificationOn', ...fieldsOfVerification]),
  ])
  for (const name of [...fieldsOfType[fields.accountType], 'beneficiaryName']) unneeded.delete(name)
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !unneeded.has(name))) as Partial<Fields>
}

/** How a caller wants a payment method verified before it is added. */
export type VerificationWish = Pick<Verification, 'externalRef' | 'latitude' | 'longitude'>

/** The verification that complete fields ask for; undefined where they ask for none. */
export function verificationWish(fields: PaymentFields): VerificationWish | undefined {
  if (!fields.isVerificationOn) return undefined
  const { externalRef, latitude, longitude } = fields
  if (externalRef && latitude && longitude) return { externalRef, latitude, longitude }
  throw new Error('A verification without its three fields was let in')
}

/** The account that complete fields name; fields of other types are ignored. */
export function paymentDetails(fields: PaymentFields): PaymentDetails {
  const { accountType, beneficiaryName } = fields
  const numbers: Record<AccountType, string | null | undefined> = {
    VPA: fields.upiId,
    WALLET: fields.phoneNumber && walletNumber(fields.phoneNumber),
    ACCOUNT: fields.accountNumber,
  }
  return {
    accountType,
    accountNumber: numbers[accountType] ?? '',
    accountIfsc: accountType === 'ACCOUNT' ? (fields.accountIfsc ?? '') : '',
    beneficiaryName: beneficiaryName ?? '',
  }
}

// A wallet of another country keeps its country code, or two wallets would look like one.
function walletNumber({ mobile, callingCode }: Mobile): string {
  return callingCode === '91' ? mobile : `+${callingCode}${mobile}`
}

/** What a payment method is before anybody has asked its bank. */
export const unverified = {
  isPrimary: false,
  isVerified: false,
  nameAtBank: null,
  matchScore: null,
  verifiedAtMs: null,
}
