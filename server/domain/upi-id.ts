import { done, type Outcome, refused } from './outcome.ts'

/** Why a text is no UPI id. */
export type UpiIdRefusal = 'upi_id_form'

/**
 * Reads a UPI id, such as `asha@upi`: a name, and the handle of who issued it. The form is that of the National
 * Payments Corporation of India. It is kept in the case it came in, because the provider answers it as it was sent.
 */
export function readUpiId(text: string): Outcome<string, UpiIdRefusal> {
  // Handles are not held against a list: banks and apps add new ones all the time.
  return /^[A-Za-z0-9._-]{2,256}@[A-Za-z][A-Za-z0-9]{1,63}$/.test(text) ? done(text) : refused('upi_id_form')
}
