import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { openApiDocument } from '@contactbook/contract/openapi.ts'
import { type ProblemCode, problems } from '@contactbook/contract/problems.ts'
import { environmentName, flagName, type Setting, settings } from '@contactbook/server/settings.ts'

// Writes what the documents take from the code: `npm run documents`. With `--check` it writes nothing, names what is
// out of date, and exits 1 if anything is.

const root = fileURLToPath(new URL('..', import.meta.url))

/** When each failure is answered. A new code needs a line here. */
const occasions: Record<ProblemCode, string> = {
  header_invalid: 'one of the four headers is missing or malformed, or the Idempotency-Key or Contactbook-Fault is',
  credentials_invalid:
    'the client id is unknown, the secret is wrong, or the credential is revoked: one answer for all',
  account_blocked: 'the account is blocked; answered only after the secret has matched',
  address_not_allowed:
    "the caller's address is not on the credential's allowlist; answered only after the secret has matched",
  fields_invalid: 'fields of the body or query are missing or wrong; `data.errors` names each',
  record_not_found:
    "an id is unknown, malformed, another account's, or of something that hangs on another contact: one answer for all",
  name_taken: 'another tag of the account has the name, in any case; `data.existingId` is its id',
  business_exists: 'the contact has business details already; `data.existingId` is their id',
  verification_pending:
    'it is not known yet what came of the verification; the same call with the same `externalRef` tells later, and until then no payment method is added or verified',
  reference_reused: 'the `externalRef` stands for the verification of something else',
  account_invalid: 'the bank has no such account',
  bank_failed: 'the bank failed',
  balance_insufficient: 'the wallet holds less than a verification costs',
  provider_down: 'whoever verifies cannot be reached, or never told the outcome; `Retry-After` comes with a 503',
  provider_error: 'whoever verifies has failed, or refused for a reason of its own; `Retry-After` comes with a 503',
  service_unavailable:
    'nobody verifies accounts of this kind, or none is configured for LIVE; `Retry-After` comes with a 503',
  idempotency_key_reused: 'the key was used before with another body',
  idempotency_key_in_flight: 'the first request with the key is not answered yet',
  body_malformed: 'the body is not UTF-8, not JSON, not an object, or a form that is broken',
  url_malformed:
    'a percent sign in the path or query is not followed by two hexadecimal digits, or stands for no character',
  request_malformed:
    'what arrived is not a request of HTTP/1.1 or HTTP/1.0, has no Host header or two, or, on a loopback address, one that is neither a loopback name nor the host of CONTACTBOOK_PUBLIC_URL',
  body_too_large: 'the body is larger than CONTACTBOOK_BODY_BYTES_MAX; with files, a file or the whole is too large',
  request_too_slow:
    'the request has not arrived whole within CONTACTBOOK_REQUEST_TIMEOUT_MS; with files, within CONTACTBOOK_UPLOAD_TIMEOUT_MS',
  headers_too_large: 'the headers are larger than CONTACTBOOK_HEADER_BYTES_MAX',
  too_many_requests:
    'the credential has sent more than CONTACTBOOK_RATE_LIMIT requests in a second, or the client id and address that many rejected ones, has CONTACTBOOK_CREDENTIAL_REQUESTS_MAX requests that are not answered yet, its account has too many that wait by Contactbook-Fault, or it has started as many verifications as CONTACTBOOK_VERIFICATIONS_PER_DAY allows; `Retry-After` says when to try again',
  read_too_slow:
    'a read was not answered in CONTACTBOOK_READ_TIMEOUT_MS, waiting included; `Retry-After` says when to try again',
  overloaded:
    'more requests wait than CONTACTBOOK_QUEUE_MAX, more connections are open than CONTACTBOOK_CONNECTIONS_MAX or CONTACTBOOK_ADDRESS_CONNECTIONS_MAX, more memory is held than CONTACTBOOK_BUFFER_BYTES_MAX, or the search index is too far behind; `Retry-After` says when to try again',
  link_invalid: 'a link to a file is wrong or older than 15 minutes, or the file is gone',
  unknown_path: 'no call has the path',
  unknown_method: 'a call has the path, but none with the method; `Allow` names those there are',
  disk_full:
    'less free disk space than `CONTACTBOOK_FREE_BYTES_MIN` asks for; reads and deletions still work. `Retry-After` says when to try again',
  store_unreachable: 'the disk is full or failing, or the store has ended; `Retry-After` says when to try again',
  fault: 'a fault of the service; its log has the cause under the `ipay_uuid`',
}

/** A document, and what it should hold. */
type Expected = { path: string; text: string }

const stale = [settingsPage(), failuresPage(), openApiPage()].filter(({ path, text }) => readDocument(path) !== text)

if (process.argv.includes('--check')) {
  for (const { path } of stale) process.stderr.write(`${path} is out of date: run npm run documents\n`)
  process.exitCode = stale.length > 0 ? 1 : 0
} else {
  for (const { path, text } of stale) writeFileSync(root + path, text)
}

function settingsPage(): Expected {
  const rows = Object.entries<Setting>(settings).map(([name, { fallback, about, value }]) => [
    `\`${environmentName(name)}\``,
    `\`--${flagName(name)}${value ? ` ${value}` : ''}\``,
    fallback ? `\`${fallback}\`` : '',
    about,
  ])
  return withTable('docs/settings.md', [['variable', 'flag', 'default', 'what it does'], ...rows])
}

function failuresPage(): Expected {
  const rows = Object.entries(problems).map(([code, { statuscode, sentence, compatible, http }]) => [
    `\`${code}\``,
    statuscode,
    sentence,
    String(compatible),
    String(http),
    occasions[code as ProblemCode],
  ])
  const heads = ['code', 'statuscode', 'status', 'HTTP, compatible', 'HTTP, http', 'when']
  return withTable('docs/failures.md', [heads, ...rows])
}

function openApiPage(): Expected {
  const document = openApiDocument('http://127.0.0.1:8080')
  return { path: 'docs/openapi.json', text: `${JSON.stringify(document, null, 2)}\n` }
}

/** The document with its table written anew between the two marks. */
function withTable(path: string, rows: string[][]): Expected {
  const [heads = [], ...cells] = rows
  const lines = [heads, heads.map(() => '---'), ...cells].map((row) => `| ${row.map(escapeCell).join(' | ')} |`)
  const marked = /(<!-- table, written by npm run documents -->\n)[\s\S]*?(<!-- end of table -->)/
  const text = readDocument(path)
  if (!marked.test(text)) throw new Error(`${path} has no marks for its table`)
  return {
    path,
    text: text.replace(marked, (_, start: string, end: string) => `${start}\n${lines.join('\n')}\n\n${end}`),
  }
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function readDocument(path: string): string {
  return existsSync(root + path) ? readFileSync(root + path, 'utf8') : ''
}
