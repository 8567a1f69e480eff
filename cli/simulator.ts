import { adminRoutes } from '@contactbook/contract/admin.ts'
import type { Command } from 'commander'
import { answer, facts } from './answer.ts'
import { wordOf } from './arguments.ts'
import { connect } from './connection.ts'

const secondsWord = wordOf(adminRoutes.advanceSimulator.input.seconds, 'a whole number of seconds, 0 to 31622400')

/** Adds `simulator advance`. */
export function addSimulatorCommands(program: Command): void {
  const simulator = program.command('simulator').description("move the clock of the SANDBOX's verifications")
  simulator
    .command('advance')
    .description("move the simulator's clock ahead, and settle what is due by it; it never goes back")
    .requiredOption('--seconds <seconds>', 'how far, 366 days at most; 0 only tells where it is', secondsWord)
    .action(async ({ seconds }: { seconds: number }, command: Command) => {
      const moved = await connect(command).advanceSimulator({ seconds })
      answer(command, moved, `The simulator's clock is moved ahead by ${seconds} seconds.\n${facts(moved)}`)
    })
}
