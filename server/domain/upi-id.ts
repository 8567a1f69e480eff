import { readAccountNumber } from './account-number.ts'
import { type Banks, type IfscRefusal, readIfsc } from './ifsc.ts'
import { done, type Outcome, refused } from './outcome.ts'

/** Why a text is no UPI id. */
export type UpiIdRefusal = 'upi_id_form' | Extract<IfscRefusal, 'ifsc_bank'>

/**
 * Reads a UPI id, such as `asha@upi`: a name, and the handle of who issued it; or the number of a bank account and its
 * branch, such as `12345678901@HDFC0000001.ifsc.npci`. The forms are those of the National Payments Corporation of India.
 * It is kept in the case it came in, because the provider answers it as it was sent.
 */
export function readUpiId(text: string, banks?: Banks): Outcome<string, UpiIdRefusal> {
  const [, accountNumber, ifsc] = ofAccount.exec(text) ?? []
  if (accountNumber !== undefined && ifsc !== undefined) return readOfAccount(text, { accountNumber, ifsc }, banks)
  // Handles are not held against a list: banks and apps add new ones all the time.
  return /^[A-Za-z0-9._-]{2,256}@[A-Za-z][A-Za-z0-9]{1,63}$/.test(text) ? done(text) : refused('upi_id_form')
}

const ofAccount = /^([^@]{1,64})@([A-Z0-9]{11})\.ifsc\.npci$/i

function readOfAccount(
  text: string,
  { accountNumber, ifsc }: { accountNumber: string; ifsc: string },
  banks?: Banks,
): Outcome<string, UpiIdRefusal> {
  if (!readAccountNumber(accountNumber).ok) return refused('upi_id_form')
  const branch = readIfsc(ifsc, banks)
  if (branch.ok) return done(text)
  return refused(branch.refusal === 'ifsc_bank' ? 'ifsc_bank' : 'upi_id_form')
}
