import { type AdminReplyOf, adminRoutes, type ErrorMode, errorModes } from '@contactbook/contract/admin.ts'
import { type Command, Option } from 'commander'
import { userIdWord } from './account.ts'
import { answer, facts, table } from './answer.ts'
import { wordOf } from './arguments.ts'
import { connect } from './connection.ts'

type Credential = AdminReplyOf<'revokeCredential'>
type IssuedCredential = AdminReplyOf<'createCredential'>

type CreateFields = {
  account: number
  errorMode?: ErrorMode
  identifierChecks?: 'on' | 'off'
  allow?: string[]
}

const clientIdWord = wordOf(adminRoutes.revokeCredential.input.clientId, 'a client id')

/** Adds `credential create`, `list`, `rotate` and `revoke`. */
export function addCredentialCommands(program: Command): void {
  const credential = program.command('credential').description('issue, list, rotate and revoke credentials')
  addCreate(credential)
  addList(credential)
  addRotate(credential)
  addRevoke(credential)
}

function addCreate(credential: Command): void {
  credential
    .command('create')
    .description('issue a credential; its secret is shown this once only')
    .requiredOption('--account <userId>', "the account's id", userIdWord)
    .addOption(
      new Option(
        '--error-mode <mode>',
        "answer failures with HTTP 200 as the provider does, or with HTTP's own status",
      ).choices(errorModes),
    )
    .addOption(new Option('--identifier-checks <on|off>', 'check PAN, GSTIN, IFSC and the like').choices(['on', 'off']))
    .option('--allow <cidr...>', 'let in these addresses or CIDR ranges only (default: all)')
    .action(async ({ account, ...fields }: CreateFields, command: Command) => {
      const issued = await connect(command).createCredential({ userId: account, ...fields })
      answer(command, issued, issuedText(issued, `A credential of account ${account} is issued.`))
    })
}

function addList(credential: Command): void {
  credential
    .command('list')
    .description("list an account's credentials, the oldest first, without their secrets")
    .requiredOption('--account <userId>', "the account's id", userIdWord)
    .action(async ({ account }: { account: number }, command: Command) => {
      const { credentials } = await connect(command).listCredentials({ userId: account })
      answer(command, credentials, credentialTable(credentials))
    })
}

function addRotate(credential: Command): void {
  credential
    .command('rotate')
    .description('give a credential a new secret, which is shown this once only')
    .argument('<clientId>', "the credential's client id", clientIdWord)
    .option(
      '--keep-old-hours <hours>',
      'how long the old secret works beside the new one, 0 to 24 (default: it stops at once)',
      wordOf(adminRoutes.rotateCredential.input.keepOldHours, 'a whole number from 0 to 24'),
    )
    .action(async (clientId: string, fields: { keepOldHours?: number }, command: Command) => {
      const issued = await connect(command).rotateCredential({ clientId, ...fields })
      const hours = fields.keepOldHours ?? 0
      const old = hours === 0 ? 'the old one has stopped' : `the old one works for ${hours} more hours`
      answer(command, issued, issuedText(issued, `The credential has a new secret; ${old}.`))
    })
}

function addRevoke(credential: Command): void {
  credential
    .command('revoke')
    .description('revoke a credential for good')
    .argument('<clientId>', "the credential's client id", clientIdWord)
    .action(async (clientId: string, _fields: object, command: Command) => {
      const revoked = await connect(command).revokeCredential({ clientId })
      answer(command, revoked, `The credential is revoked.\n${credentialFacts(revoked)}`)
    })
}

function issuedText(issued: IssuedCredential, sentence: string): string {
  return `${sentence}\n${credentialFacts(issued)}\nThe secret is shown this once only: keep it now.`
}

function credentialFacts(credential: Credential | IssuedCredential): string {
  return facts({ ...credential, allow: allowed(credential) })
}

function credentialTable(credentials: Credential[]): string {
  if (credentials.length === 0) return 'The account has no credentials.'
  const rows = credentials.map((credential) => [
    credential.clientId,
    credential.errorMode,
    credential.identifierChecks,
    credential.createdAt,
    credential.revokedAt ?? '-',
    allowed(credential),
  ])
  return table(['CLIENT ID', 'ERROR MODE', 'CHECKS', 'CREATED', 'REVOKED', 'ALLOWED'], rows)
}

function allowed({ allow }: Credential): string {
  return allow.join(' ') || 'all'
}
