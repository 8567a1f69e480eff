import type { AdminClient } from '@contactbook/client/admin.ts'
import { type AdminReplyOf, adminRoutes } from '@contactbook/contract/admin.ts'
import type { Environment } from '@contactbook/contract/envelope.ts'
import { environments } from '@contactbook/contract/envelope.ts'
import { type Command, Option } from 'commander'
import { answer, facts, table } from './answer.ts'
import { wordOf } from './arguments.ts'
import { connect } from './connection.ts'

type Account = AdminReplyOf<'createAccount'>

/** A word that is an account's id. */
export const userIdWord = wordOf(adminRoutes.blockAccount.input.userId, "an account's id, a whole number")

/** Adds `account create`, `list`, `block` and `unblock`. */
export function addAccountCommands(program: Command): void {
  const account = program.command('account').description('create, list, block and unblock accounts')
  account
    .command('create')
    .description('create an account')
    .requiredOption(
      '--name <name>',
      'the name of the business',
      wordOf(adminRoutes.createAccount.input.name, 'a name of 1 to 255 characters'),
    )
    .addOption(
      new Option('--environment <environment>', 'the world it lives in').choices(environments).default('SANDBOX'),
    )
    .action(async (fields: { name: string; environment: Environment }, command: Command) => {
      const created = await connect(command).createAccount(fields)
      answer(command, created, `Account ${created.userId} is created.\n${facts(created)}`)
    })
  account
    .command('list')
    .description('list all accounts, by ascending userId')
    .action(async (_fields: object, command: Command) => {
      const accounts = await allAccounts(connect(command))
      answer(command, accounts, accountTable(accounts))
    })
  addBlocking(account.command('block'), {
    about: 'block an account: all its calls are answered AAB from now on',
    call: (client, userId) => client.blockAccount({ userId }),
    outcome: 'is blocked',
  })
  addBlocking(account.command('unblock'), {
    about: 'let a blocked account in again',
    call: (client, userId) => client.unblockAccount({ userId }),
    outcome: 'is not blocked',
  })
}

type Blocking = { about: string; call: (client: AdminClient, userId: number) => Promise<Account>; outcome: string }

function addBlocking(verb: Command, { about, call, outcome }: Blocking): void {
  verb
    .description(about)
    .argument('<userId>', "the account's id", userIdWord)
    .action(async (userId: number, _fields: object, command: Command) => {
      const account = await call(connect(command), userId)
      answer(command, account, `Account ${userId} ${outcome}.\n${facts(account)}`)
    })
}

async function allAccounts(client: AdminClient): Promise<Account[]> {
  const accounts: Account[] = []
  let after: number | null = 0
  while (after !== null) {
    const page: AdminReplyOf<'listAccounts'> = await client.listAccounts({ after })
    accounts.push(...page.accounts)
    after = page.next
  }
  return accounts
}

function accountTable(accounts: Account[]): string {
  if (accounts.length === 0) return 'There are no accounts.'
  const rows = accounts.map((account) => [
    String(account.userId),
    account.environment,
    account.blocked ? 'blocked' : '-',
    account.createdAt,
    account.name,
  ])
  return table(['USERID', 'ENVIRONMENT', 'BLOCKED', 'CREATED', 'NAME'], rows)
}
