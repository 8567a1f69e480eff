import type { Session } from './postgres-connection.ts'
import { refoldNames } from './postgres-refold.ts'

/** A step of the schema: statements, or a function for what statements cannot do. */
export type Migration = string | ((session: Session) => Promise<void>)

/**
 * The book's schema in PostgreSQL as forward-only steps: step n brings a book from version n to n + 1. A step that has
 * been released is never edited.
 *
 * Every table of an account's records is keyed by the account first, and every unique index contains it, so that the
 * tables can be distributed by `user_id`. Ids are 12 bytes, times milliseconds since 1970. Text that is ordered or looked
 * up has the collation "C": its order is that of code points, and stays when the system's locales change.
 *
 * Where PostgreSQL could go astray it keeps no statistics of accounts, and takes each for a 200th of the table. With
 * statistics it takes an account that it has not counted for empty, so that any index that begins with the account seems
 * as good as the right one, and reads the whole account by it. It keeps none of terms, so that all searches are planned
 * alike.
 */
export const postgresMigrations: readonly Migration[] = [
  `
  CREATE TABLE settings (name text COLLATE "C" PRIMARY KEY, value text NOT NULL);

  -- Rows to lock, where something is about no single account, and numbers that all processes share.
  CREATE TABLE counters (name text COLLATE "C" PRIMARY KEY, value bigint NOT NULL);
  INSERT INTO counters (name, value) VALUES
    ('accounts', 0), ('settings', 0), ('directory_version', 0), ('newest_second', 0);

  CREATE TABLE accounts (
    user_id bigint PRIMARY KEY,
    name text NOT NULL,
    environment text NOT NULL,
    blocked boolean NOT NULL,
    created_at bigint NOT NULL
  );

  -- \`ordinal\` counts the credentials of an account in the order in which they were made.
  CREATE TABLE credentials (
    user_id bigint NOT NULL,
    client_id text COLLATE "C" NOT NULL,
    ordinal integer NOT NULL,
    secret_hash text NOT NULL,
    previous_secret_hash text,
    previous_until bigint NOT NULL,
    error_mode text NOT NULL,
    identifier_checks text NOT NULL,
    allow text NOT NULL,
    created_at bigint NOT NULL,
    revoked_at bigint,
    PRIMARY KEY (user_id, client_id)
  );
  CREATE INDEX credentials_client_id ON credentials (client_id);

  -- What other processes have still to learn of accounts and credentials, in the order of commits.
  CREATE TABLE directory_changes (version bigint PRIMARY KEY, user_id bigint NOT NULL);

  CREATE TABLE tags (
    user_id bigint NOT NULL,
    id bytea NOT NULL,
    name text NOT NULL,
    name_key text COLLATE "C" NOT NULL,
    hex_color_code text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (user_id, id)
  );
  CREATE UNIQUE INDEX tags_name ON tags (user_id, name_key);
  ALTER TABLE tags ALTER user_id SET STATISTICS 0;

  -- \`tag_ids\` are ids one after the other; \`identity\` a hash, \`terms\` the words and tags a contact is found by.
  CREATE TABLE contacts (
    user_id bigint NOT NULL,
    id bytea NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    mobile text NOT NULL,
    calling_code text NOT NULL,
    company_name text,
    tag_ids bytea NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    identity bigint NOT NULL,
    name_key text COLLATE "C" NOT NULL,
    terms tsvector NOT NULL,
    PRIMARY KEY (user_id, id)
  );
  CREATE INDEX contacts_identity ON contacts (user_id, identity);
  CREATE INDEX contacts_name ON contacts (user_id, name_key, id);
  CREATE INDEX contacts_updated ON contacts (user_id, updated_at, id);
  ALTER TABLE contacts ALTER user_id SET STATISTICS 0, ALTER terms SET STATISTICS 0;
  -- New terms wait in a list that every search reads; a short one keeps searches fast, none at all would slow writes.
  CREATE INDEX contacts_terms ON contacts USING gin (terms) WITH (fastupdate = on, gin_pending_list_limit = 256);

  CREATE TABLE kept_answers (
    user_id bigint NOT NULL,
    operation text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    fingerprint text NOT NULL,
    answer text NOT NULL,
    kept_at bigint NOT NULL,
    PRIMARY KEY (user_id, operation, key)
  );
  CREATE INDEX kept_answers_age ON kept_answers (kept_at);

  CREATE TABLE addresses (
    user_id bigint NOT NULL,
    contact_id bytea NOT NULL,
    id bytea NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    address_type text NOT NULL,
    address text NOT NULL,
    city text NOT NULL,
    state text NOT NULL,
    pincode text NOT NULL,
    country_code text NOT NULL,
    PRIMARY KEY (user_id, contact_id, id)
  );

  CREATE TABLE persons (
    user_id bigint NOT NULL,
    contact_id bytea NOT NULL,
    id bytea NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    contact_person_name text NOT NULL,
    email text NOT NULL,
    mobile text NOT NULL,
    calling_code text NOT NULL,
    description text NOT NULL,
    PRIMARY KEY (user_id, contact_id, id)
  );

  CREATE TABLE businesses (
    user_id bigint NOT NULL,
    contact_id bytea NOT NULL,
    id bytea NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    pan text,
    cin text,
    gstin text,
    tan text,
    udyam text,
    PRIMARY KEY (user_id, contact_id, id)
  );
  CREATE UNIQUE INDEX businesses_one ON businesses (user_id, contact_id);

  CREATE TABLE payments (
    user_id bigint NOT NULL,
    contact_id bytea NOT NULL,
    id bytea NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    account_type text NOT NULL,
    account_number text NOT NULL,
    account_ifsc text NOT NULL,
    beneficiary_name text NOT NULL,
    is_primary boolean NOT NULL,
    is_verified boolean NOT NULL,
    name_at_bank text,
    match_score integer,
    verified_at bigint,
    PRIMARY KEY (user_id, contact_id, id)
  );
  CREATE UNIQUE INDEX payments_primary ON payments (user_id, contact_id) WHERE is_primary;

  CREATE TABLE notes (
    user_id bigint NOT NULL,
    contact_id bytea NOT NULL,
    id bytea NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    note text NOT NULL,
    attachments text NOT NULL,
    PRIMARY KEY (user_id, contact_id, id)
  );

  -- Every stored file that a note names, or that was released and is not removed yet.
  CREATE TABLE files (
    user_id bigint NOT NULL,
    file text COLLATE "C" NOT NULL,
    released_at bigint,
    PRIMARY KEY (user_id, file)
  );
  CREATE INDEX files_released ON files (released_at) WHERE released_at IS NOT NULL;
  ALTER TABLE files ALTER user_id SET STATISTICS 0;

  CREATE TABLE verifications (
    user_id bigint NOT NULL,
    external_ref text COLLATE "C" NOT NULL,
    id bytea NOT NULL,
    contact_id bytea NOT NULL,
    payment_id bytea NOT NULL,
    purpose text NOT NULL,
    account_type text NOT NULL,
    account_number text COLLATE "C" NOT NULL,
    account_ifsc text COLLATE "C" NOT NULL,
    beneficiary_name text NOT NULL,
    latitude text NOT NULL,
    longitude text NOT NULL,
    environment text NOT NULL,
    state text NOT NULL,
    fault text,
    reason text,
    receipt text,
    is_cached boolean NOT NULL,
    charged_to_paise bigint,
    started_at bigint NOT NULL,
    settled_at bigint,
    checks integer NOT NULL,
    check_at bigint,
    PRIMARY KEY (user_id, external_ref)
  );
  -- The contact first, so that it is no way to a verification of which only the account and the reference are known.
  CREATE INDEX verifications_contact ON verifications (contact_id, user_id);
  CREATE INDEX verifications_account ON verifications (user_id, lower(account_number), account_ifsc, settled_at)
    WHERE state = 'succeeded' AND NOT is_cached;
  CREATE INDEX verifications_due ON verifications (check_at) WHERE check_at IS NOT NULL;
  ALTER TABLE verifications ALTER user_id SET STATISTICS 0;

  -- Entries are never changed or deleted.
  CREATE TABLE wallet_entries (
    user_id bigint NOT NULL,
    seq bigint NOT NULL,
    kind text NOT NULL,
    amount_paise bigint NOT NULL,
    closing_paise bigint NOT NULL,
    reference text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (user_id, seq)
  );
  `,
  `
  -- Not unique: older books may have an account more than once on a contact.
  CREATE INDEX payments_account ON payments (user_id, contact_id, lower(account_number COLLATE "C"), id);
  `,
  refoldNames,
  `
  -- The bytes of all files that the notes of an account name.
  ALTER TABLE accounts ADD COLUMN attachment_bytes bigint NOT NULL DEFAULT 0;
  UPDATE accounts SET attachment_bytes = held.bytes FROM
    (SELECT notes.user_id, sum((file->>'bytes')::bigint) AS bytes
      FROM notes, json_array_elements(notes.attachments::json) AS file GROUP BY notes.user_id) AS held
    WHERE accounts.user_id = held.user_id;
  `,
  `
  -- Verifications that a credential has started on its last day with one.
  ALTER TABLE credentials ADD COLUMN verifications_day text;
  ALTER TABLE credentials ADD COLUMN verifications_started bigint NOT NULL DEFAULT 0;
  `,
]
