import { hash } from 'node:crypto'
import type { PartKind } from '../domain/part.ts'
import { changingColumns, partTables } from './part-tables.ts'
import {
  accountColumns,
  credentialColumns,
  namesOf,
  verificationColumns,
  verificationWritten,
  walletColumns,
} from './record-columns.ts'

// Every statement of the book in PostgreSQL, by its name. Those about an account's records name the account first, so that
// a store which is spread by account has to ask in one place only.

/** The columns of a contact that are read. */
export const contactColumns = [
  ...[
    'user_id',
    'id',
    'name',
    'email',
    'mobile',
    'calling_code',
    'company_name',
    'tag_ids',
    'created_at',
    'updated_at',
  ],
].join(', ')

/** All columns of a contact with their types, in the order in which they are written. */
export const contactTypes: readonly [column: string, type: string][] = [
  ['user_id', 'bigint'],
  ['id', 'bytea'],
  ['name', 'text'],
  ['email', 'text'],
  ['mobile', 'text'],
  ['calling_code', 'text'],
  ['company_name', 'text'],
  ['tag_ids', 'bytea'],
  ['created_at', 'bigint'],
  ['updated_at', 'bigint'],
  ['identity', 'bigint'],
  ['name_key', 'text'],
  ['terms', 'tsvector'],
]

const tagColumns = 'tags.user_id, tags.id, name, hex_color_code, created_at, updated_at'
const accountRow = namesOf(accountColumns).join(', ')
const answerRow = 'user_id, operation, key, fingerprint, answer, kept_at'
const walletRow = namesOf(walletColumns).join(', ')
const credentialRow = namesOf(credentialColumns).join(', ')
const verificationRow = namesOf(verificationColumns).join(', ')

/** The statements that are always the same. */
export const statements = {
  countTags: 'SELECT count(*) AS count FROM tags WHERE user_id = $1',
  listTags: `SELECT ${tagColumns} FROM tags WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT $3`,
  findTags: `SELECT ${tagColumns} FROM tags WHERE user_id = $1 AND id = ANY ($2::bytea[])`,
  findTagsOfMany: `SELECT ${tagColumns} FROM unnest($1::bigint[], $2::bytea[]) AS wanted (user_id, id)
    JOIN tags ON tags.user_id = wanted.user_id AND tags.id = wanted.id`,
  // A tag can keep its name even if another has an equal one: earlier versions folded names in another way.
  tagNamed: `SELECT id FROM tags WHERE user_id = $1 AND name_key = $2 AND id <> $3
    AND NOT EXISTS (SELECT 1 FROM tags WHERE user_id = $1 AND id = $3 AND name = $4)`,
  insertTag: `INSERT INTO tags (user_id, id, name, name_key, hex_color_code, created_at, updated_at)
    VALUES (${places(7)})`,
  updateTag: `UPDATE tags SET name_key = CASE name WHEN $3 THEN name_key ELSE $4 END, name = $3, hex_color_code = $5,
    updated_at = $6
    WHERE user_id = $1 AND id = $2`,
  deleteTag: 'DELETE FROM tags WHERE user_id = $1 AND id = $2',

  findContact: `SELECT ${contactColumns} FROM contacts WHERE user_id = $1 AND id = $2`,
  hasContact: 'SELECT 1 FROM contacts WHERE user_id = $1 AND id = $2',
  newestChange: 'SELECT max(updated_at) AS newest FROM contacts WHERE user_id = $1',
  // A range and an order where equality would do: while the table is small, PostgreSQL holds all indexes of the account for
  // equally good, and keeps to its plan when the table grows. Only one index has this order.
  alikeOfOne: `SELECT alike.* FROM unnest($2::bigint[]) AS wanted (identity) CROSS JOIN LATERAL
    (SELECT ${contactColumns}, identity FROM contacts
      WHERE user_id = $1 AND contacts.identity BETWEEN wanted.identity AND wanted.identity
      ORDER BY contacts.identity LIMIT $3) AS alike`,
  alikeOfMany: `SELECT alike.* FROM unnest($1::bigint[], $2::bigint[]) AS wanted (user_id, identity) CROSS JOIN LATERAL
    (SELECT ${contactColumns}, identity FROM contacts
      WHERE contacts.user_id = wanted.user_id AND contacts.identity BETWEEN wanted.identity AND wanted.identity
      ORDER BY contacts.identity LIMIT $3) AS alike`,
  insertContactsOfMany: `INSERT INTO contacts (${contactTypes.map(([column]) => column).join(', ')})
    SELECT ${contactTypes.map(([column, type]) => (type === 'tsvector' ? `${column}::tsvector` : column)).join(', ')}
    FROM unnest(${contactTypes.map(([, type], place) => `$${place + 1}::${arrayType(type)}`).join(', ')})
      AS added (${contactTypes.map(([column]) => column).join(', ')})`,
  updateContact: `UPDATE contacts SET ${assignments(
    contactTypes.slice(2).map(([column]) => column),
    3,
  )} WHERE user_id = $1 AND id = $2`,
  deleteContact: 'DELETE FROM contacts WHERE user_id = $1 AND id = $2',

  // With a limit for each of them: without it, PostgreSQL may join them with all answers of the account.
  keptAnswersOfOne: `SELECT kept.* FROM unnest($2::text[], $3::text[]) AS wanted (operation, key) CROSS JOIN LATERAL
    (SELECT ${answerRow} FROM kept_answers AS answers
      WHERE user_id = $1 AND answers.operation = wanted.operation AND answers.key = wanted.key LIMIT 1) AS kept`,
  keptAnswersOfMany: `SELECT kept.user_id, kept.operation, kept.key, fingerprint, answer, kept_at
    FROM unnest($1::bigint[], $2::text[], $3::text[]) AS wanted (user_id, operation, key)
    JOIN kept_answers AS kept ON kept.user_id = wanted.user_id
      AND kept.operation = wanted.operation AND kept.key = wanted.key`,
  keepAnswersOfMany: `INSERT INTO kept_answers (${answerRow})
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
    ${replacingAnswer()}`,
  keptBefore: 'SELECT kept_at FROM kept_answers WHERE kept_at < $1 ORDER BY kept_at LIMIT 1 OFFSET $2',
  forgetAnswers: 'DELETE FROM kept_answers WHERE kept_at < $1',

  findVerification: `SELECT ${verificationRow} FROM verifications WHERE user_id = $1 AND external_ref = $2`,
  findVerified: `SELECT ${verificationRow} FROM verifications
    WHERE user_id = $1 AND lower(account_number) = lower($2) AND account_ifsc = $3 AND settled_at BETWEEN $4 AND $5
      AND state = 'succeeded' AND NOT is_cached AND account_type = $6
    ORDER BY settled_at DESC LIMIT 1`,
  dueVerifications: `SELECT ${verificationRow} FROM verifications
    WHERE check_at <= $1 ORDER BY check_at LIMIT $2`,
  verificationsDueBeyond: `SELECT ${verificationRow} FROM verifications
    WHERE check_at > $1 ORDER BY check_at LIMIT $2`,
  // In a form that the index of all that is due, whoever it is of, does not serve.
  claimVerifications: `SELECT ${verificationRow} FROM verifications
    WHERE user_id = $1 AND external_ref = ANY ($2::text[]) AND coalesce(check_at <= $3 OR check_at > $4, false)
    ORDER BY external_ref FOR UPDATE SKIP LOCKED`,
  insertVerification: `INSERT INTO verifications (${verificationWritten.join(', ')})
    VALUES (${places(verificationWritten.length)})`,
  updateVerification: `UPDATE verifications SET ${assignments(verificationWritten.slice(2), 3)}
    WHERE user_id = $1 AND external_ref = $2`,
  deleteVerification: 'DELETE FROM verifications WHERE user_id = $1 AND external_ref = $2',
  deleteSettled: 'DELETE FROM verifications WHERE user_id = $1 AND contact_id = $2 AND check_at IS NULL',
  verificationsStarted: `SELECT verifications_started AS started FROM credentials
    WHERE user_id = $1 AND client_id = $2 AND verifications_day = $3`,
  noteVerificationsStarted: `UPDATE credentials SET verifications_day = $3, verifications_started = $4
    WHERE user_id = $1 AND client_id = $2`,
  lastWalletEntry: `SELECT ${walletRow} FROM wallet_entries WHERE user_id = $1 ORDER BY seq DESC LIMIT 1`,
  listWalletEntries: `SELECT ${walletRow} FROM wallet_entries
    WHERE user_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
  insertWalletEntry: `INSERT INTO wallet_entries (${walletRow}) VALUES (${places(7)})`,

  attachmentBytes: 'SELECT attachment_bytes FROM accounts WHERE user_id = $1',
  addAttachmentBytes: 'UPDATE accounts SET attachment_bytes = attachment_bytes + $2 WHERE user_id = $1',
  hasFile: 'SELECT 1 FROM files WHERE user_id = $1 AND file = $2',
  releasedFiles: 'SELECT user_id, file FROM files WHERE released_at IS NOT NULL ORDER BY released_at LIMIT $1',
  nameFile: 'INSERT INTO files (user_id, file) VALUES ($1, $2)',
  releaseFiles: 'UPDATE files SET released_at = $3 WHERE user_id = $1 AND file = ANY ($2::text[])',
  // In a form that the index of all released files, whoever they are of, does not serve.
  forgetFiles: `DELETE FROM files
    WHERE user_id = $1 AND file = ANY ($2::text[]) AND coalesce(released_at >= 0, false)`,

  // Only the index for this query has this order; otherwise all payment methods of the contact are read by id.
  findPayment: `SELECT ${namesOf(partTables.payment.columns).join(', ')} FROM payments
    WHERE user_id = $1 AND contact_id = $2 AND lower(account_number COLLATE "C") = lower($3::text COLLATE "C")
      AND account_type = $4 AND account_ifsc = $5 AND beneficiary_name = $6
    ORDER BY lower(account_number COLLATE "C"), id LIMIT 1`,
  clearPrimary: 'UPDATE payments SET is_primary = false WHERE user_id = $1 AND contact_id = $2 AND is_primary',

  setting: 'SELECT value FROM settings WHERE name = $1',
  changeSetting: `INSERT INTO settings (name, value) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
  makeSetting: 'INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING',
  counter: 'SELECT value FROM counters WHERE name = $1',
  raiseCounter: 'UPDATE counters SET value = $2 WHERE name = $1 AND value < $2',

  listAccounts: `SELECT ${accountRow} FROM accounts WHERE user_id > $1 ORDER BY user_id LIMIT $2`,
  findAccount: `SELECT ${accountRow} FROM accounts WHERE user_id = $1`,
  newestAccount: 'SELECT max(user_id) AS newest FROM accounts',
  insertAccount: `INSERT INTO accounts (${accountRow}) VALUES (${places(5)})`,
  updateAccount: 'UPDATE accounts SET name = $2, blocked = $3 WHERE user_id = $1',
  listCredentials: `SELECT ${credentialRow} FROM credentials WHERE user_id = $1 ORDER BY created_at, ordinal`,
  listAllCredentials: `SELECT ${credentialRow} FROM credentials ORDER BY created_at, user_id, ordinal`,
  findCredential: `SELECT ${credentialRow} FROM credentials WHERE client_id = $1`,
  lastOrdinal: 'SELECT max(ordinal) AS last FROM credentials WHERE user_id = $1',
  insertCredential: `INSERT INTO credentials (${credentialRow}, ordinal)
    VALUES (${places(credentialColumns.length + 1)})`,
  updateCredential: `UPDATE credentials SET ${assignments(namesOf(credentialColumns).slice(2), 3)}
    WHERE user_id = $1 AND client_id = $2`,

  nextDirectoryVersion: "UPDATE counters SET value = value + 1 WHERE name = 'directory_version' RETURNING value",
  noteDirectoryChange: 'INSERT INTO directory_changes (version, user_id) VALUES ($1, $2)',
  tellDirectoryChange: "SELECT pg_notify('contactbook_directory', '')",
  directoryChanges: 'SELECT version, user_id FROM directory_changes WHERE version > $1 ORDER BY version LIMIT $2',
  forgetDirectoryChanges: 'DELETE FROM directory_changes WHERE version <= $1',
} as const

/** The statements about the parts of each kind. */
export const partStatements: Readonly<Record<PartKind, ReturnType<typeof statementsOfParts>>> = {
  address: statementsOfParts('address'),
  person: statementsOfParts('person'),
  business: statementsOfParts('business'),
  payment: statementsOfParts('payment'),
  note: statementsOfParts('note'),
}

/**
 * The names under which a connection prepares statements, by their texts. Not among them are those whose best plan depends
 * on the values, and those whose text depends on their number.
 */
export const preparedNames: ReadonlyMap<string, string> = new Map(
  [statements, ...Object.values(partStatements)].flatMap((texts) =>
    Object.entries(texts).map(([name, text]): [string, string] => [text, preparedName(name, text)]),
  ),
)

// With the text in it: behind a pooler a connection may have a statement of another version of this program.
function preparedName(name: string, text: string): string {
  return `${name}_${hash('sha256', text).slice(0, 8)}`
}

function statementsOfParts(kind: PartKind) {
  const { table } = partTables[kind]
  const all = namesOf(partTables[kind].columns)
  const changing = namesOf(changingColumns(kind))
  const ofContact = `FROM ${table} WHERE user_id = $1 AND contact_id = $2`
  return {
    list: `SELECT ${all.join(', ')} ${ofContact} AND id > $3 ORDER BY id LIMIT $4`,
    find: `SELECT ${all.join(', ')} ${ofContact} AND id = $3`,
    count: `SELECT count(*) AS count ${ofContact}`,
    insert: `INSERT INTO ${table} (${all.join(', ')}) VALUES (${places(all.length)})`,
    update: `UPDATE ${table} SET ${assignments(changing, 4)}
      WHERE user_id = $1 AND contact_id = $2 AND id = $3`,
    delete: `DELETE ${ofContact} AND id = $3`,
    deleteAll: `DELETE ${ofContact}`,
  }
}

/** Adds so many contacts of one account. Rows of values are the form in which a spread store takes them fast. */
export function insertContactsOfOne(count: number): string {
  const columns = contactTypes.map(([column]) => column).join(', ')
  return `INSERT INTO contacts (${columns}) VALUES ${tuples(count, contactTypes.length)}`
}

/** Keeps so many answers of one account. */
export function keepAnswersOfOne(count: number): string {
  return `INSERT INTO kept_answers (${answerRow}) VALUES ${tuples(count, 6)} ${replacingAnswer()}`
}

function replacingAnswer(): string {
  return `ON CONFLICT (user_id, operation, key)
    DO UPDATE SET fingerprint = excluded.fingerprint, answer = excluded.answer, kept_at = excluded.kept_at`
}

/** Makes the writes of accounts wait for each other; tells which accounts there are. Always in one order: no deadlocks. */
export function lockAccounts(userIds: number[]): string {
  const [first, ...others] = [...new Set(userIds)].sort((one, other) => one - other).map(wholeNumber)
  const condition = others.length === 0 ? `= ${first}` : `IN (${[first, ...others].join(', ')})`
  return `SELECT user_id FROM accounts WHERE user_id ${condition} ORDER BY user_id FOR NO KEY UPDATE`
}

/** Makes changes that are about no single account wait for each other. */
export function lockCounter(name: 'accounts' | 'settings'): string {
  return `UPDATE counters SET value = value + 1 WHERE name = '${name}'`
}

// These go into a text without places for values, where nothing but a number may stand.
function wholeNumber(value: number): string {
  if (!Number.isSafeInteger(value)) throw new TypeError('An account has no whole number')
  return String(value)
}

function arrayType(type: string): string {
  // An array of tsvector cannot be sent; its elements go as text.
  return type === 'tsvector' ? 'text[]' : `${type}[]`
}

function places(count: number, before = 0): string {
  return Array.from({ length: count }, (_, place) => `$${before + place + 1}`).join(', ')
}

function tuples(count: number, width: number): string {
  return Array.from({ length: count }, (_, row) => `(${places(width, row * width)})`).join(', ')
}

function assignments(columns: readonly string[], first: number): string {
  return columns.map((column, place) => `${column} = $${first + place}`).join(', ')
}
