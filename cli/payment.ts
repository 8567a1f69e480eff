import { type AdminReplyOf, adminRoutes } from '@contactbook/contract/admin.ts'
import type { Command } from 'commander'
import { userIdWord } from './account.ts'
import { answer, table } from './answer.ts'
import { wordOf } from './arguments.ts'
import { connect } from './connection.ts'

type Payment = AdminReplyOf<'inspectPayments'>['payments'][number]

const gcIdWord = wordOf(adminRoutes.inspectPayments.input.gcId, "a contact's id")

/** Adds `payment list`. */
export function addPaymentCommands(program: Command): void {
  const payment = program.command('payment').description('look into payment methods')
  payment
    .command('list')
    .description("list a contact's payment methods, with the name at the bank and how alike it is (0 to 100)")
    .requiredOption('--account <userId>', "the id of the contact's account", userIdWord)
    .requiredOption('--contact <gcId>', "the contact's id", gcIdWord)
    .addHelpText('after', '\nNumbers are shown by their last four characters; --json writes them whole.')
    .action(async ({ account, contact }: { account: number; contact: string }, command: Command) => {
      const { payments } = await connect(command).inspectPayments({ userId: account, gcId: contact })
      answer(command, payments, paymentTable(payments))
    })
}

function paymentTable(payments: Payment[]): string {
  if (payments.length === 0) return 'The contact has no payment methods.'
  const heading = [
    'PAYMENT ID',
    'TYPE',
    'NUMBER',
    'PRIMARY',
    'VERIFIED',
    'MATCH',
    'BENEFICIARY',
    'NAME AT BANK',
    'BANK',
  ]
  const rows = payments.map((payment) => [
    payment.paymentId,
    payment.accountType,
    masked(payment.accountNumber),
    payment.isPrimary ? 'primary' : '-',
    payment.verifiedAt ?? '-',
    String(payment.matchScore ?? '-'),
    payment.beneficiaryName || '-',
    payment.nameAtBank ?? '-',
    payment.bankName ?? '-',
  ])
  return table(heading, rows)
}

/** The last four characters, and none of a number that has no more. */
function masked(number: string): string {
  const shown = number.length > 4 ? number.slice(-4) : ''
  return shown.padStart(number.length, '*')
}
