import { readAccountNumber } from './account-number.ts'
import { readCin } from './cin.ts'
import { readLatitude, readLongitude } from './coordinate.ts'
import { readCountryCode } from './country.ts'
import { readGstin } from './gstin.ts'
import { type Banks, readIfsc } from './ifsc.ts'
import { type Mobile, readMobile } from './mobile.ts'
import { done, type Outcome, refused } from './outcome.ts'
import { readPan } from './pan.ts'
import { readTan } from './tan.ts'
import { readUdyam } from './udyam.ts'
import { readUpiId } from './upi-id.ts'

/** What a field means, by its name: reads the text into the domain's value, or tells which rule it breaks. */
export const fieldRules = {
  mobile: mobileRule,
  phoneNumber: mobileRule,
  latitude: readLatitude,
  longitude: readLongitude,
} as const

/** The same of identifiers, which a credential may want to be taken as they come. */
export function identifierRules(banks: Banks) {
  return {
    pan: readPan,
    cin: readCin,
    gstin: readGstin,
    tan: readTan,
    udyam: readUdyam,
    accountNumber: readAccountNumber,
    accountIfsc: (text: string) => readIfsc(text, banks),
    upiId: (text: string) => readUpiId(text, banks),
    countryCode: readCountryCode,
  } as const
}

function mobileRule(text: string): Outcome<Mobile, 'format'> {
  const mobile = readMobile(text)
  return mobile ? done(mobile) : refused('format')
}
