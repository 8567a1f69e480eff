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
export const indexVersion = 1
