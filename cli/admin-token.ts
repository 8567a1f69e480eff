import type { Command } from 'commander'
import { answer } from './answer.ts'
import { connect } from './connection.ts'

/** Adds `admin-token rotate`. */
export function addAdminTokenCommands(program: Command): void {
  const adminToken = program.command('admin-token').description('replace the admin token')
  adminToken
    .command('rotate')
    .description("replace the admin token; the old one stops at once, and the server rewrites its data dir's copy")
    .action(async (_fields: object, command: Command) => {
      const issued = await connect(command).rotateAdminToken()
      answer(
        command,
        issued,
        `The new admin token, which the server has also written to admin-token in its data directory:\n  ${issued.adminToken}`,
      )
    })
}
