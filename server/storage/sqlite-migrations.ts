/**
 * The embedded book's schema as forward-only steps: step n brings a book from version n to n + 1, and the version is
 * SQLite's own `user_version`. A step that has been released is never edited.
 *
 * Every table of an account's records is keyed by the account. `contacts.row` is the physical place by which
 * `index.db` names a contact; it grows with creation, as ids do. Ids are 12-byte blobs, times milliseconds since 1970.
 */
export const bookMigrations: readonly string[] = [
  `
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

  CREATE TABLE accounts (
    user_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    environment TEXT NOT NULL,
    blocked INTEGER NOT NULL,
    created_at INTEGER NOT NULL
  );

  CREATE TABLE credentials (
    user_id INTEGER NOT NULL,
    client_id TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    previous_secret_hash TEXT,
    previous_until INTEGER NOT NULL,
    error_mode TEXT NOT NULL,
    identifier_checks TEXT NOT NULL,
    allow TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    PRIMARY KEY (user_id, client_id)
  );
  CREATE UNIQUE INDEX credentials_client_id ON credentials (client_id);

  CREATE TABLE tags (
    user_id INTEGER NOT NULL,
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    hex_color_code TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, id)
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX tags_name ON tags (user_id, name_key);

  CREATE TABLE contacts (
    row INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL,
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    mobile TEXT NOT NULL,
    calling_code TEXT NOT NULL,
    company_name TEXT,
    tag_ids BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  );
  CREATE UNIQUE INDEX contacts_id ON contacts (user_id, id);

  -- What index.db has still to learn, in the order of commits; \`before\` is what the index knew of the contact.
  CREATE TABLE contact_changes (
    seq INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL,
    row INTEGER NOT NULL,
    before TEXT
  );

  CREATE TABLE kept_answers (
    user_id INTEGER NOT NULL,
    operation TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    answer TEXT NOT NULL,
    kept_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, operation, key)
  ) WITHOUT ROWID;
  CREATE INDEX kept_answers_age ON kept_answers (kept_at);
  `,
  `
  -- The narrow indexes named _count are for counting: the tables hold whole rows, texts included.
  CREATE TABLE addresses (
    user_id INTEGER NOT NULL,
    contact_id BLOB NOT NULL,
    id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    address_type TEXT NOT NULL,
    address TEXT NOT NULL,
    city TEXT NOT NULL,
    state TEXT NOT NULL,
    pincode TEXT NOT NULL,
    country_code TEXT NOT NULL,
    PRIMARY KEY (user_id, contact_id, id)
  ) WITHOUT ROWID;
  CREATE INDEX addresses_count ON addresses (user_id, contact_id, id);

  CREATE TABLE persons (
    user_id INTEGER NOT NULL,
    contact_id BLOB NOT NULL,
    id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    contact_person_name TEXT NOT NULL,
    email TEXT NOT NULL,
    mobile TEXT NOT NULL,
    calling_code TEXT NOT NULL,
    description TEXT NOT NULL,
    PRIMARY KEY (user_id, contact_id, id)
  ) WITHOUT ROWID;
  CREATE INDEX persons_count ON persons (user_id, contact_id, id);

  CREATE TABLE businesses (
    user_id INTEGER NOT NULL,
    contact_id BLOB NOT NULL,
    id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    pan TEXT,
    cin TEXT,
    gstin TEXT,
    tan TEXT,
    udyam TEXT,
    PRIMARY KEY (user_id, contact_id, id)
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX businesses_one ON businesses (user_id, contact_id);

  CREATE TABLE payments (
    user_id INTEGER NOT NULL,
    contact_id BLOB NOT NULL,
    id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    account_type TEXT NOT NULL,
    account_number TEXT NOT NULL,
    account_ifsc TEXT NOT NULL,
    beneficiary_name TEXT NOT NULL,
    is_primary INTEGER NOT NULL,
    is_verified INTEGER NOT NULL,
    name_at_bank TEXT,
    match_score INTEGER,
    verified_at INTEGER,
    PRIMARY KEY (user_id, contact_id, id)
  ) WITHOUT ROWID;
  CREATE INDEX payments_count ON payments (user_id, contact_id, id);
  CREATE UNIQUE INDEX payments_primary ON payments (user_id, contact_id) WHERE is_primary = 1;

  -- \`attachments\` is JSON: at most 20 of them, always read and written with their note.
  CREATE TABLE notes (
    user_id INTEGER NOT NULL,
    contact_id BLOB NOT NULL,
    id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    note TEXT NOT NULL,
    attachments TEXT NOT NULL,
    PRIMARY KEY (user_id, contact_id, id)
  ) WITHOUT ROWID;
  CREATE INDEX notes_count ON notes (user_id, contact_id, id);

  -- Every stored file that a note names, or that was released and is still on the disk.
  CREATE TABLE files (
    user_id INTEGER NOT NULL,
    file TEXT NOT NULL,
    released_at INTEGER,
    PRIMARY KEY (user_id, file)
  ) WITHOUT ROWID;
  CREATE INDEX files_released ON files (released_at) WHERE released_at IS NOT NULL;

  CREATE TABLE verifications (
    user_id INTEGER NOT NULL,
    external_ref TEXT NOT NULL,
    id BLOB NOT NULL,
    contact_id BLOB NOT NULL,
    payment_id BLOB NOT NULL,
    purpose TEXT NOT NULL,
    account_type TEXT NOT NULL,
    -- A UPI id is the same in any case.
    account_number TEXT NOT NULL COLLATE NOCASE,
    account_ifsc TEXT NOT NULL,
    beneficiary_name TEXT NOT NULL,
    latitude TEXT NOT NULL,
    longitude TEXT NOT NULL,
    environment TEXT NOT NULL,
    state TEXT NOT NULL,
    fault TEXT,
    reason TEXT,
    receipt TEXT,
    is_cached INTEGER NOT NULL,
    charged_to_paise INTEGER,
    started_at INTEGER NOT NULL,
    settled_at INTEGER,
    checks INTEGER NOT NULL,
    check_at INTEGER,
    PRIMARY KEY (user_id, external_ref)
  ) WITHOUT ROWID;
  CREATE INDEX verifications_contact ON verifications (user_id, contact_id);
  CREATE INDEX verifications_account ON verifications (user_id, account_number, account_ifsc, settled_at)
    WHERE state = 'succeeded' AND is_cached = 0;
  CREATE INDEX verifications_due ON verifications (check_at) WHERE check_at IS NOT NULL;

  -- Entries are never changed or deleted.
  CREATE TABLE wallet_entries (
    user_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    amount_paise INTEGER NOT NULL,
    closing_paise INTEGER NOT NULL,
    reference TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, seq)
  ) WITHOUT ROWID;
  `,
  `
  -- Not unique: older books may have an account more than once on a contact.
  CREATE INDEX payments_account ON payments (user_id, contact_id, lower(account_number));
  `,
  `
  -- Names are folded in another way. Of two tags whose names have become the same both stay: one keeps its old key.
  UPDATE OR IGNORE tags SET name_key = tag_name_key(name) WHERE name_key <> tag_name_key(name);
  `,
  `
  -- The bytes of all files that the notes of an account name.
  ALTER TABLE accounts ADD COLUMN attachment_bytes INTEGER NOT NULL DEFAULT 0;
  UPDATE accounts SET attachment_bytes = held.bytes FROM
    (SELECT notes.user_id, sum(json_extract(file.value, '$.bytes')) AS bytes
      FROM notes, json_each(notes.attachments) AS file GROUP BY notes.user_id) AS held
    WHERE accounts.user_id = held.user_id;
  `,
  `
  -- Verifications that a credential has started on its last day with one.
  ALTER TABLE credentials ADD COLUMN verifications_day TEXT;
  ALTER TABLE credentials ADD COLUMN verifications_started INTEGER NOT NULL DEFAULT 0;
  `,
]

/**
 * The schema of `index.db`, which holds nothing that `book.db` does not: it is thrown away and built anew when its
 * version differs. \`entries\` orders contacts by a key; \`terms\` finds them by words, e-mail, mobile and tag. One
 * full-text row costs a fifth of as many b-tree entries, because its segments are written in order.
 */
export const indexSchema = `
  CREATE TABLE state (epoch TEXT NOT NULL, fed_seq INTEGER NOT NULL, highest_row INTEGER NOT NULL);
  CREATE TABLE entries (
    user_id INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    key,
    row INTEGER NOT NULL,
    PRIMARY KEY (user_id, kind, key, row)
  ) WITHOUT ROWID;
  CREATE VIRTUAL TABLE terms USING fts5(
    words, content='', contentless_delete=1, detail=none, tokenize=ascii
  );
`

/** Raised whenever the schema above or what is written into it changes meaning. */
export const indexVersion = 3
