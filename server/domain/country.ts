import { done, type Outcome, refused } from './outcome.ts'

/** Why a text is no code of a country. */
export type CountryCodeRefusal = 'country_code_unknown'

/** Reads the two letters of a country by ISO 3166-1, in either case, into upper case. */
export function readCountryCode(text: string): Outcome<string, CountryCodeRefusal> {
  const code = text.toUpperCase()
  // Some other letters have Latin ones as their upper case, so it is the text that must be two of these.
  return /^[A-Z]{2}$/i.test(text) && countryCodes.has(code) ? done(code) : refused('country_code_unknown')
}

// The 249 that ISO 3166-1 has assigned. Reserved ones, such as EU and UK, are no countries there.
const countryCodes = new Set(
  `
  AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
  CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
  GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT
  JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY
  MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM
  PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV
  SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
  `
    .trim()
    .split(/\s+/),
)
