import type { Command } from 'commander'
import { answer, facts } from './answer.ts'
import { connect } from './connection.ts'

/** Adds `link-key rotate`. */
export function addLinkKeyCommands(program: Command): void {
  const linkKey = program.command('link-key').description('replace the key of links to files')
  linkKey
    .command('rotate')
    .description('replace the key of links to files; all links given out before stop at once')
    .action(async (_fields: object, command: Command) => {
      const rotated = await connect(command).rotateLinkKey()
      answer(
        command,
        rotated,
        `The key of links to files is replaced; all links given out before have stopped.\n${facts(rotated)}`,
      )
    })
}
