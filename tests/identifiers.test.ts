import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { identifierSentences } from '@contactbook/contract/identifier-sentences.ts'
import { type AccountNumberRefusal, readAccountNumber } from '@contactbook/server/domain/account-number.ts'
import { type CinRefusal, readCin } from '@contactbook/server/domain/cin.ts'
import {
  fourDecimals,
  type LatitudeRefusal,
  type LongitudeRefusal,
  readLatitude,
  readLongitude,
} from '@contactbook/server/domain/coordinate.ts'
import { type CountryCodeRefusal, readCountryCode } from '@contactbook/server/domain/country.ts'
import { type GstinRefusal, panOf, readGstin } from '@contactbook/server/domain/gstin.ts'
import { bankOf, type IfscRefusal, readIfsc } from '@contactbook/server/domain/ifsc.ts'
import { holderOf, type PanRefusal, readPan } from '@contactbook/server/domain/pan.ts'
import { type PincodeRefusal, readPincode } from '@contactbook/server/domain/pincode.ts'
import { readTan, type TanRefusal } from '@contactbook/server/domain/tan.ts'
import { readUdyam, type UdyamRefusal } from '@contactbook/server/domain/udyam.ts'
import { readUpiId, type UpiIdRefusal } from '@contactbook/server/domain/upi-id.ts'
import fc from 'fast-check'
import { assertProperty } from './fixtures/property.ts'

type Refusal =
  | AccountNumberRefusal
  | CinRefusal
  | CountryCodeRefusal
  | GstinRefusal
  | IfscRefusal
  | LatitudeRefusal
  | LongitudeRefusal
  | PanRefusal
  | PincodeRefusal
  | TanRefusal
  | UdyamRefusal
  | UpiIdRefusal

type Read = (text: string) => ReturnType<typeof readPan> | { ok: false; refusal: Refusal }

const readIndianPincode = (text: string) => readPincode(text, 'IN')
const readForeignPincode = (text: string) => readPincode(text, 'GB')

const capitals = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const alphabet = `0123456789${capitals}`
const holders = 'ABCFGHJLPT'
const indianStates = Array.from({ length: 38 }, (_, place) => String(place + 1).padStart(2, '0'))

const pan = fc.stringMatching(/^[A-Z]{3}[ABCFGHJLPT][A-Z]\d{3}[1-9][A-Z]$/)
const state = fc.constantFrom(...indianStates, '97', '99')
const gstin = fc.tuple(state, pan, fc.constantFrom(...alphabet.slice(1))).map(([code, inside, registration]) => {
  const first = `${code}${inside}${registration}Z`
  return first + [...alphabet].find((last) => readGstin(first + last).ok)
})
const ifsc = fc.stringMatching(/^(HDFC|SBIN|ANDB)0[0-9A-Z]{6}$/)

/** A reader, and texts it has to take. Those of `upperCased` are taken in lower case as well. */
const upperCased: [string, Read, fc.Arbitrary<string>][] = [
  ['PAN', readPan, pan],
  ['TAN', readTan, fc.stringMatching(/^[A-Z]{4}\d{5}[A-Z]$/)],
  ['CIN', readCin, fc.stringMatching(/^[LU]\d{5}[A-Z]{2}\d{4}[A-Z]{3}\d{6}$/)],
  ['Udyam number', readUdyam, fc.stringMatching(/^UDYAM-[A-Z]{2}-\d{2}-\d{7}$/)],
  ['GSTIN', readGstin, gstin],
  ['account number', readAccountNumber, fc.stringMatching(/^[A-Z0-9]{5,35}$/)],
  ['IFSC', readIfsc, ifsc],
  ['country code', readCountryCode, fc.constantFrom('IN', 'GB', 'US', 'SG', 'AE', 'ZW', 'AD')],
]

const keptAsSent: [string, Read, fc.Arbitrary<string>][] = [
  ['UPI id', readUpiId, fc.stringMatching(/^[A-Za-z0-9._-]{2,40}@[A-Za-z][A-Za-z0-9]{1,20}$/)],
  ['pincode of India', readIndianPincode, fc.stringMatching(/^[1-9]\d{5}$/)],
  ['pincode of another country', readForeignPincode, fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 -]{1,10}[A-Za-z0-9]$/)],
  ['latitude', readLatitude, fc.stringMatching(/^-?[0-8]?\d(\.\d{1,10})?$/)],
  ['longitude', readLongitude, fc.stringMatching(/^-?(1[0-7]\d|\d{1,2})(\.\d{1,10})?$/)],
]

const wild = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ maxLength: 400 }))

for (const [name, read, valid] of upperCased) {
  test(`a ${name} is read in either case and answered in upper case`, async () => {
    await assertProperty(fc.property(valid, (text) => takes(read, text.toLowerCase(), text)))
  })

  test(`no letter of another alphabet passes for one of a ${name}`, async () => {
    const looksLatin = fc.constantFrom('ſ', 'ı', '\u212a', '\uff21', 'А')
    await assertProperty(
      fc.property(valid, looksLatin, fc.nat(), (text, letter, place) => {
        const at = place % text.length
        assert.equal(read(text.slice(0, at) + letter + text.slice(at + 1)).ok, false)
      }),
    )
  })
}

for (const [name, read, valid] of keptAsSent) {
  test(`a ${name} is kept as it was sent`, async () => {
    await assertProperty(fc.property(valid, (text) => takes(read, text)))
  })
}

for (const [name, read, valid] of [...upperCased, ...keptAsSent]) {
  test(`any text is a ${name} or is refused, and what was read is read again as the same`, async () => {
    await assertProperty(
      fc.property(fc.oneof(wild, valid), (text) => {
        const outcome = read(text)
        if (outcome.ok) takes(read, outcome.value)
        else assert.ok(Object.hasOwn(identifierSentences, outcome.refusal), outcome.refusal)
      }),
    )
  })

  test(`a ${name} with something behind it is refused`, async () => {
    await assertProperty(
      fc.property(valid, fc.constantFrom('\n', '_', '.', '²', '\u0000'), (text, more) => !read(text + more).ok),
    )
  })
}

describe('a PAN', () => {
  test('whose fourth letter stands for no kind of holder is refused for that', () => {
    for (const letter of capitals) {
      if (holders.includes(letter)) takes(readPan, `AAO${letter}S6028B`)
      else refuses(readPan, `AAO${letter}S6028B`, 'pan_holder')
    }
  })

  test('tells the kind of its holder', () => {
    assert.equal(holderOf('AAOCS6028B'), 'company')
    assert.equal(holderOf('ABCPK1234L'), 'person')
    assert.equal(new Set([...holders].map((letter) => holderOf(`AAO${letter}S6028B`))).size, holders.length)
    assert.equal(holderOf(''), undefined)
  })

  test('of another form is refused for that, whatever its fourth letter', () => {
    for (const text of [
      '',
      'business',
      'AAOCS6028',
      'AAOCS6028BB',
      'AAOC56028B',
      'AAO CS6028B',
      'AAOZS60281',
      'AAOCS0000B',
    ]) {
      refuses(readPan, text, 'pan_form')
    }
  })
})

describe('a GSTIN', () => {
  test('of a real taxpayer is taken, and has the PAN in it', () => {
    for (const text of ['27AAPFU0939F1ZV', '29AAGCB7383J1Z4']) takes(readGstin, text)
    assert.equal(panOf('27AAPFU0939F1ZV'), 'AAPFU0939F')
  })

  test('has exactly one right check character', async () => {
    await assertProperty(
      fc.property(gstin, (text) => {
        const first = text.slice(0, -1)
        for (const last of alphabet) {
          if (last === text.at(-1)) takes(readGstin, text)
          else refuses(readGstin, first + last, 'gstin_check')
        }
      }),
    )
  })

  test('with any one character mistaken is refused', async () => {
    await assertProperty(
      fc.property(gstin, fc.nat(14), fc.constantFrom(...alphabet), (text, place, character) => {
        fc.pre(text.charAt(place) !== character)
        assert.equal(readGstin(text.slice(0, place) + character + text.slice(place + 1)).ok, false)
      }),
    )
  })

  test('is refused for the first rule that it breaks', () => {
    refuses(readGstin, '27AAPFU0939F1XV', 'gstin_form')
    refuses(readGstin, '27AAPFU0000F1ZV', 'gstin_form')
    refuses(readGstin, '27AAPFU0939F0ZV', 'gstin_form')
    for (const code of ['00', '39', '96', '98']) refuses(readGstin, `${code}AAPFU0939F1ZV`, 'gstin_state')
    refuses(readGstin, '27AAPZU0939F1ZV', 'gstin_holder')
    refuses(readGstin, '29AAOCS6028B9Z9', 'gstin_check')
  })
})

describe('an IFSC', () => {
  test('of a branch that nobody has heard of is taken where the bank is known', () => {
    takes(readIfsc, 'HDFC0ZZZZZZ')
    assert.equal(bankOf('HDFC0ZZZZZZ'), 'HDFC Bank')
  })

  test('of a bank that has been merged is still taken, under the name on the cheque', () => {
    assert.equal(bankOf('ANDB0000001'), 'Andhra Bank')
    for (const code of ['ANDB', 'ALLA', 'CORP', 'ORBC', 'SYNB', 'VIJB', 'SBHY', 'VYSA'])
      takes(readIfsc, `${code}0000001`)
  })

  test('of an unknown bank is refused for that', () => {
    for (const code of ['ZZZZ', 'XXXX', 'HDFD']) refuses(readIfsc, `${code}0000001`, 'ifsc_bank')
    assert.equal(bankOf('ZZZZ0000001'), undefined)
  })

  test('does not begin with the letters of a bank that uses the codes of another', () => {
    for (const code of ['AACX', 'USFB']) refuses(readIfsc, `${code}0000001`, 'ifsc_bank')
  })

  test('has a zero in its fifth place', () => {
    for (const text of ['HDFCO000001', 'HDFC1000001', 'HDFC000001', 'HDFC00000011', '']) {
      refuses(readIfsc, text, 'ifsc_form')
    }
  })
})

test('a UPI id has a name, one sign and a handle', () => {
  takes(readUpiId, '7428585742@ybl')
  takes(readUpiId, '12345678901@HDFC0000001.ifsc.npci')
  refuses(readUpiId, '12345678901@ZZZZ0000001.ifsc.npci', 'ifsc_bank')
  takes(readUpiId, `${'a'.repeat(256)}@${'b'.repeat(64)}`)
  const wrong = [
    'asha',
    'a@ybl',
    'asha@y',
    'asha@1bl',
    'asha@ok.in',
    'asha@@ybl',
    'ash a@ybl',
    'äsha@ybl',
    '@ybl',
    'asha@',
  ]
  const ofNoAccount = ['1234@HDFC0000001', '12345678901@HDFC000001', '12345678.01@HDFC0000001'].map(
    (id) => `${id}.ifsc.npci`,
  )
  for (const text of [...wrong, ...ofNoAccount, `${'a'.repeat(257)}@ybl`, `asha@${'b'.repeat(65)}`])
    refuses(readUpiId, text, 'upi_id_form')
})

test('an account number keeps its leading zeros', () => {
  takes(readAccountNumber, '000123')
  takes(readAccountNumber, 'RZRPY1234567890')
  const wrong = ['1234', '1'.repeat(36), '12 3456', '1234-56', '+123456', '१२३४५६']
  for (const text of wrong) refuses(readAccountNumber, text, 'account_number_form')
})

test("a pincode follows its country's form", () => {
  takes(readIndianPincode, '110044')
  takes(readIndianPincode, '560 001', '560001')
  for (const text of ['010044', '11004', '1100444', '11 0044', '110  044', ''])
    refuses(readIndianPincode, text, 'pincode_indian')
  for (const text of ['SW1A 1AA', '00100', '123-4567', '101']) takes(readForeignPincode, text)
  for (const text of ['10', '1'.repeat(13), 'Łódź1', '12/34', '']) refuses(readForeignPincode, text, 'pincode_foreign')
})

test('a country is one of the 249 of ISO 3166-1', () => {
  const pairs = [...capitals].flatMap((first) => [...capitals].map((second) => first + second))
  assert.equal(pairs.filter((code) => readCountryCode(code).ok).length, 249)
  for (const text of ['EU', 'UK', 'XX', 'AN', 'IND', 'I', '', 'AD AE', ' ']) {
    refuses(readCountryCode, text, 'country_code_unknown')
  }
})

describe('a coordinate', () => {
  test('is a plain decimal number', () => {
    for (const text of ['+20.5', '20.', '.5', '1e1', '0x10', '20,5', '--1', '1.12345678901', '0020', '', 'NaN', ' 1']) {
      refuses(readLatitude, text, 'latitude_form')
      refuses(readLongitude, text, 'longitude_form')
    }
  })

  test('ends at the poles and at the date line', () => {
    for (const text of ['90', '-90', '90.0000000000', '-0']) takes(readLatitude, text)
    for (const text of ['90.0000000001', '-90.1', '180']) refuses(readLatitude, text, 'latitude_range')
    for (const text of ['180', '-180.0', '078.0880']) takes(readLongitude, text)
    for (const text of ['180.0000000001', '-181', '999']) refuses(readLongitude, text, 'longitude_range')
  })

  test('goes to the upstream with four decimals and no negative zero', () => {
    assert.equal(fourDecimals('20.5936'), '20.5936')
    assert.equal(fourDecimals('78'), '78.0000')
    assert.equal(fourDecimals('27.897394'), '27.8974')
    assert.equal(fourDecimals('-179.99999'), '-180.0000')
    assert.equal(fourDecimals('-0.00001'), '0.0000')
  })
})

test('every refusal of an identifier has a sentence that names the field', () => {
  const sentences: Record<Refusal, (path: string, text: string) => string> = identifierSentences
  for (const [code, sentence] of Object.entries(sentences)) {
    assert.match(sentence('payee.field', 'ZZZZ0000001'), /^The .*\bpayee\.field\b.*\.$/, code)
  }
})

function takes(read: Read, text: string, value = text): void {
  assert.deepEqual(read(text), { ok: true, value })
}

function refuses(read: Read, text: string, refusal: Refusal): void {
  assert.deepEqual(read(text), { ok: false, refusal }, text)
}
