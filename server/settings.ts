import { z } from 'zod'
import { areAddressRanges } from './address-ranges.ts'
import {
  bankNames,
  databaseAddress,
  headerValue,
  integer,
  pemFile,
  port,
  splitList,
  switched,
} from './setting-values.ts'

/** One setting: `CONTACTBOOK_<NAME>` in the environment, `--<name>` as a flag. */
export type Setting = {
  /** Reads the text given; its issues' messages say what is wrong. */
  schema: z.ZodType
  /** The text that counts when none is given; none means unset. */
  fallback?: string
  /** What it does, with its unit. */
  about: string
  /** How its value is named in help; a flag without one takes no value. */
  value?: string
}

/**
 * Every setting, with its default, unit and reason in one place. `docs/settings.md` is held to this table by a test.
 */
export const settings = {
  host: { schema: z.string().min(1), fallback: '127.0.0.1', value: 'ADDRESS', about: 'Address to listen on' },
  port: { schema: port, fallback: '8080', value: 'N', about: 'Port to listen on; 0 takes any free one' },
  publicUrl: {
    schema: z
      .url({ protocol: /^https?$/, message: 'must be an http or https URL' })
      .transform((url) => url.replace(/\/+$/, '')),
    value: 'URL',
    about: 'The URL by which clients reach the service, for links; default: the address served',
  },
  dataDir: {
    schema: z.string().min(1),
    fallback: './data',
    value: 'DIR',
    about: 'Where the embedded book lies, and what belongs to this server alone',
  },
  databaseUrl: {
    schema: databaseAddress,
    value: 'URL',
    about: 'A PostgreSQL database for the book; default: the embedded book in the data dir',
  },
  databaseConnections: limit(4, 1_000, '20', 'Connections of one process to the database at a time'),
  databaseTimeoutMs: limit(
    500,
    60_000,
    '5000',
    'Time in which the database must have done a request, in milliseconds; then the answer is SPD',
  ),
  workers: limit(
    1,
    64,
    '1',
    'Processes that serve the port together, each with connections to the database of its own; more than 1 only on a database',
  ),
  attachmentsDir: {
    schema: z.string().min(1),
    value: 'DIR',
    about: 'Where the files of notes lie; all processes of a book share it; default: attachments in the data dir',
  },
  adminToken: {
    schema: z.string().min(32, { message: 'must have at least 32 characters' }).max(256),
    value: 'TOKEN',
    about: 'The admin token, 32 characters or more; default: one is made and written to the data dir',
  },
  adminPort: {
    schema: port,
    value: 'N',
    about: 'A port of its own for the admin API and metrics; default: the same port',
  },
  errorMode: {
    schema: z.enum(['compatible', 'http'], { message: 'must be compatible or http' }),
    fallback: 'compatible',
    value: 'MODE',
    about: 'HTTP status of failures until the secret has matched: compatible (200, as the provider) or http',
  },
  trustedProxies: {
    schema: z
      .string()
      .transform(splitList)
      .refine(areAddressRanges, { message: 'must be addresses or ranges, separated by commas' }),
    fallback: '',
    value: 'RANGES',
    about: 'Proxies whose X-Forwarded-For is believed: addresses or ranges, separated by commas',
  },
  tlsCert: { schema: pemFile, value: 'FILE', about: 'Certificate chain in PEM; with it the service speaks HTTPS' },
  tlsKey: { schema: pemFile, value: 'FILE', about: 'Private key of the certificate, in PEM' },
  node: {
    schema: z.string().regex(/^\d{3}$/, { message: 'must be three digits' }),
    fallback: '000',
    value: 'NNN',
    about: 'Number of this process in every ipay_uuid, three digits',
  },
  logLevel: {
    schema: z.enum(['debug', 'info', 'warn', 'error', 'silent'], {
      message: 'must be debug, info, warn, error or silent',
    }),
    fallback: 'info',
    value: 'LEVEL',
    about: 'Least level that is logged: debug, info, warn, error or silent',
  },
  firstRun: {
    schema: switched,
    about:
      'Make a first account on a book without any: true also on other hosts than loopback, false never; default: on loopback only, and only in the embedded book',
  },
  integrityCheck: {
    schema: z.enum(['after-unclean-stop', 'always', 'never'], {
      message: 'must be after-unclean-stop, always or never',
    }),
    fallback: 'after-unclean-stop',
    value: 'WHEN',
    about: 'When the book file is checked at start: after-unclean-stop, always or never',
  },
  bodyBytesMax: limit(1_024, 64 * 1_048_576, '1048576', 'Largest body of a request without files, in bytes'),
  headerBytesMax: limit(2_048, 131_072, '16384', 'Largest headers of a request, in bytes'),
  requestTimeoutMs: limit(100, 600_000, '10000', 'Time in which a request must have arrived whole, in milliseconds'),
  uploadTimeoutMs: limit(
    1_000,
    3_600_000,
    '120000',
    'Time in which a request with files must have arrived whole, in milliseconds; never less than for other requests',
  ),
  idleTimeoutMs: limit(100, 600_000, '60000', 'Time after which an idle connection is closed, in milliseconds'),
  connectionsMax: limit(1, 1_000_000, '10000', 'Connections at a time'),
  addressConnectionsMax: limit(
    0,
    1_000_000,
    '1000',
    'Connections of one client address at a time, or of one IPv6 /64 network; trusted proxies are exempt; 0 means without limit',
  ),
  credentialRequestsMax: limit(1, 1_000_000, '64', 'Requests of one credential that are being answered at a time'),
  bufferBytesMax: limit(
    8_388_608,
    1_099_511_627_776,
    '100663296',
    'Memory for bodies of requests and responses in all, in bytes, of which one account may hold a quarter, and less while others hold much; at least 8 times CONTACTBOOK_BODY_BYTES_MAX',
  ),
  queueMax: limit(1, 1_000_000, '4096', 'Requests that may wait for the store at a time'),
  drainTimeoutMs: limit(
    0,
    600_000,
    '10000',
    'Time for open requests to finish when the service stops, in milliseconds',
  ),
  rateLimit: limit(
    0,
    1_000_000,
    '0',
    'Requests per second of one credential, and rejected requests per second of one client id and address, counted by each process separately; 0 means without limit',
  ),
  attachmentBytesMax: limit(
    0,
    1_000_000_000_000_000,
    '10737418240',
    'Bytes of all stored files of one account; 0 means without limit',
  ),
  freeBytesMin: limit(
    0,
    1_000_000_000_000_000,
    '67108864',
    'Free bytes on the disks of the data and attachments directories below which writes are refused, except deletions; files are refused below twice as many; 0 turns the check off',
  ),
  idempotencyHours: limit(24, 720, '24', 'How long an answer is kept under its Idempotency-Key, in hours'),
  readers: limit(
    1,
    16,
    '2',
    'Threads that read the embedded book; with more than one, no account occupies all of them',
  ),
  readTimeoutMs: limit(
    100,
    60_000,
    '2000',
    'Time in which a read, or a page of a streamed list, must be answered, waiting included, in milliseconds; then the answer is SPD',
  ),
  upstreamUrl: {
    schema: z.url({ protocol: /^https?$/, message: 'must be an http or https URL' }),
    value: 'URL',
    about:
      'Where LIVE accounts are verified, such as https://api.instantpay.in; default: nowhere, and the answer is SNA',
  },
  upstreamClientId: { schema: headerValue, value: 'ID', about: "The upstream's client id" },
  upstreamClientSecret: { schema: headerValue, value: 'SECRET', about: "The upstream's client secret" },
  upstreamEndpointIp: {
    schema: z.union([z.ipv4(), z.ipv6()], { message: 'must be an IPv4 or IPv6 address' }),
    fallback: '127.0.0.1',
    value: 'ADDRESS',
    about: 'The address that the upstream is told',
  },
  banksFile: {
    schema: bankNames,
    value: 'FILE',
    about:
      'Banks that IFSCs may name beside those the service knows: a JSON object of bank codes and names, such as {"TNGB": "Tamil Nadu Grama Bank"}',
  },
  pennyDrop: {
    schema: z.enum(['YES', 'NO', 'AUTO'], { message: 'must be YES, NO or AUTO' }),
    fallback: 'AUTO',
    value: 'WHEN',
    about: 'Whether the upstream sends money to learn the name at the bank: YES, NO or AUTO',
  },
  verificationTimeoutMs: limit(
    100,
    30_000,
    '8000',
    'Time for the first answer of a provider of verifications, in milliseconds; after it the answer is TUP',
  ),
  verificationsPerDay: limit(
    0,
    1_000_000,
    '0',
    'Verifications that one credential may start in a day of Indian time, whichever process gets them; beyond it the answer is SPD, HTTP 429; 0 means without limit',
  ),
  checkReplies: {
    schema: switched,
    fallback: 'false',
    about: 'Hold every reply against the contract; for development',
  },
} as const satisfies Record<string, Setting>

/** The name of a setting. */
export type SettingName = keyof typeof settings

/** `bodyBytesMax` as `CONTACTBOOK_BODY_BYTES_MAX`. */
export function environmentName(name: string): string {
  return `CONTACTBOOK_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

/** `bodyBytesMax` as `body-bytes-max`. */
export function flagName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function limit(min: number, max: number, fallback: string, about: string) {
  return { schema: integer(min, max), fallback, value: 'N', about }
}
