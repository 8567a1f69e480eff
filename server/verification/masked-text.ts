import { statusCodes } from '@contactbook/contract/status-codes.ts'

/**
 * A text of the upstream for the log. It may hold a name, a number or a key of ours, and a name can be any word, so only
 * words of the list below are kept; each run of others becomes one `…`.
 */
export function maskedText(text: string): string {
  const masked = text.replace(wordPattern, (word) => (knownWords.has(word.toLowerCase()) ? word : '…'))
  return masked
    .replace(/[^\x20-\x7e…]+/g, '…')
    .replace(/…(?:[^A-Za-z]*…)+/g, '…')
    .trim()
}

const wordPattern = /[\p{L}\p{M}\p{N}]+(?:[@._'’/-]+[\p{L}\p{M}\p{N}]+)*/gu

const frequentWords = `
  a after again allowed already an and any api are as at available back balance bank been before being beneficiary
  blocked body by call can cannot check client closed code complete completed connect contact could credentials credit
  customer daily data debit declined denied did disabled does done down duplicate empty enabled end enough entitled error
  exceeded exist exists expired failed failure field for format found frozen from funds given good has have header
  helpdesk high holder id if ifsc in inactive incorrect initiated insufficient internal invalid ip is issue it key
  later less limit low maintenance match may merchant method minimum missing more must name network no none not npci
  number of off on only or our out outlet parameter parameters partner party payee payer payment pending permission
  please present process processed processing product provider reached received record reference refused rejected remitter
  request required response retry same secret server service should since something some status successful system temporarily
  than that the then there this time timed timeout to today token too transaction try type unable unauthorized unavailable
  under unknown up upi upstream used user valid value verification verified verify version vpa wallet was went were whitelisted
  will with without wrong you your
  accountnumber bankifsc consent externalref latitude longitude pennydrop
  payee.accountnumber payee.bankifsc payee.name
  x-ipay-auth-code x-ipay-client-id x-ipay-client-secret x-ipay-endpoint-ip
`

const knownWords = new Set(
  [frequentWords, ...Object.values(statusCodes)].flatMap((text) => text.toLowerCase().match(wordPattern) ?? []),
)
