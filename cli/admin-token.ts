import type { Command } from 'commander'
import { answer, facts } from './answer.ts'
import { connect } from './connection.ts'

/** Adds `admin-token rotate`. */
export function addAdminTokenCommands(program: Command): void {
  const adminToken = program.command('admin-token').description('replace the admin token')
  adminToken
    .command('rotate')
    .description('replace the admin token; the old one stops at once')
    .action(async (_fields: object, command: Command) => {
      const issued = await connect(command).rotateAdminToken()
      const text =
        `The admin token is replaced:\n${facts(issued)}\n` +
        'It is shown this once only: keep it now. A data directory that held the old one holds it as well.'
      answer(command, issued, text)
    })
}
