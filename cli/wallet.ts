import type { AdminClient } from '@contactbook/client/admin.ts'
import { type AdminReplyOf, adminRoutes } from '@contactbook/contract/admin.ts'
import type { Command } from 'commander'
import { userIdWord } from './account.ts'
import { answer, facts, table } from './answer.ts'
import { wordOf } from './arguments.ts'
import { connect } from './connection.ts'

type WalletPage = AdminReplyOf<'readWallet'>
type Wallet = Pick<WalletPage, 'balance' | 'entries'>
type TopUpFields = { account: number; amount: string; reference?: string }

const { amount: amountSchema, reference: referenceSchema } = adminRoutes.topUpWallet.input

/** Adds `wallet show` and `top-up`. */
export function addWalletCommands(program: Command): void {
  const wallet = program.command('wallet').description('show wallets, and put play money into them')
  wallet
    .command('show')
    .description("show an account's wallet: its balance and all its entries, the oldest first")
    .requiredOption('--account <userId>', "the account's id", userIdWord)
    .action(async ({ account }: { account: number }, command: Command) => {
      const shown = await wholeWallet(connect(command), account)
      answer(command, shown, walletText(shown))
    })
  wallet
    .command('top-up')
    .description("put play money into a SANDBOX account's wallet")
    .requiredOption('--account <userId>', "the account's id", userIdWord)
    .requiredOption(
      '--amount <amount>',
      'how much, such as 100 or 99.50; at most 1000000.00',
      wordOf(
        { safeParse: (word) => amountSchema.safeParse(withTwoDecimals(word)) },
        'an amount from 0.01 to 1000000.00 with two decimals at most, such as 100, 100.5 or 100.50',
      ),
    )
    .option(
      '--reference <text>',
      'what the entry is called (default: "top-up")',
      wordOf(referenceSchema, 'a text of 1 to 64 characters'),
    )
    .action(async ({ account, ...fields }: TopUpFields, command: Command) => {
      const entry = await connect(command).topUpWallet({ userId: account, ...fields })
      answer(command, entry, `The wallet of account ${account} is topped up.\n${facts(entry)}`)
    })
}

/** An amount in the form of the API; other words stay unchanged, and are rejected. */
function withTwoDecimals(word: string): string {
  const [, whole, decimals = ''] = /^(\d+)(?:\.(\d{1,2}))?$/.exec(word) ?? []
  return whole === undefined ? word : `${whole}.${decimals.padEnd(2, '0')}`
}

async function wholeWallet(client: AdminClient, userId: number): Promise<Wallet> {
  const entries: WalletPage['entries'] = []
  let after: number | null = 0
  let balance = ''
  while (after !== null) {
    const page: WalletPage = await client.readWallet({ userId, after })
    entries.push(...page.entries)
    after = page.next
    balance = page.balance
  }
  // Entries that came while pages were read are shown, so the balance has to be the one after the last of them.
  return { balance: entries.at(-1)?.balance ?? balance, entries }
}

function walletText({ balance, entries }: Wallet): string {
  const sentence = `The wallet holds ${balance}.`
  if (entries.length === 0) return `${sentence} It has no entries.`
  const rows = entries.map((entry) => [
    String(entry.seq),
    entry.kind,
    entry.amount,
    entry.balance,
    entry.createdAt,
    entry.reference,
  ])
  return `${sentence}\n${table(['SEQ', 'KIND', 'AMOUNT', 'BALANCE', 'CREATED', 'REFERENCE'], rows)}`
}
