// The process entry of every command but `serve`: reads the words, runs one verb, decides the exit code.
import { version } from '@contactbook/contract/version.ts'
import { Command, CommanderError, Help, type Option } from 'commander'
import { addAccountCommands } from './account.ts'
import { addAdminTokenCommands } from './admin-token.ts'
import { addConnectionOptions } from './connection.ts'
import { addCredentialCommands } from './credential.ts'
import { type CommandFailure, failureOf, usageFailure } from './failure.ts'
import { addLinkKeyCommands } from './link-key.ts'
import { addPaymentCommands } from './payment.ts'
import { addSimulatorCommands } from './simulator.ts'
import { addWalletCommands } from './wallet.ts'

const words = process.argv.slice(2)
// Known before the words are understood, since words that cannot be understood are reported as JSON too.
const asJson = words.includes('--json')

// A reader such as `head` may close the pipe before all is written; that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

process.exitCode = await run()

/** Runs one command and answers the exit code: 0 done, 1 refused or failed, 2 wrongly called. */
async function run(): Promise<number> {
  if (words.includes('--version')) {
    process.stdout.write(asJson ? `${JSON.stringify({ version })}\n` : `${version}\n`)
    return 0
  }
  try {
    await newProgram().parseAsync(words, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return endOfParsing(error)
    const failure = failureOf(error)
    writeFailure(failure)
    return failure.exitCode
  }
}

function newProgram(): Command {
  const program = new Command('contactbook')
    .description('The contact book behind payments, on your own machines.')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, optionDescription: describeOption })
    // Faults of usage are written by `endOfParsing`, in the form that was asked for.
    .configureOutput({ outputError: () => {}, ...(asJson ? { writeErr: () => {} } : {}) })
  addConnectionOptions(program)
  program.option('--version', 'print the version')
  program
    .command('serve')
    .summary('run the server; `contactbook serve --help` shows its settings')
    .description('Runs the server. `serve` has to be the first word: `contactbook serve --help` shows its settings.')
    .allowExcessArguments()
    .allowUnknownOption()
    .action(() => {
      throw usageFailure('serve has to be the first word: contactbook serve …')
    })
  program
    .command('migrate')
    .summary('bring a PostgreSQL book to this version; `contactbook migrate --help` shows how')
    .description('Brings a PostgreSQL book to this version. `migrate` has to be the first word.')
    .allowExcessArguments()
    .allowUnknownOption()
    .action(() => {
      throw usageFailure('migrate has to be the first word: contactbook migrate …')
    })
  addAccountCommands(program)
  addCredentialCommands(program)
  addPaymentCommands(program)
  addWalletCommands(program)
  addSimulatorCommands(program)
  addLinkKeyCommands(program)
  addAdminTokenCommands(program)
  return program
}

/** The description of an option in help, with a mark if the option is required. */
function describeOption(option: Option): string {
  const description = new Help().optionDescription(option)
  return option.mandatory ? `${description} (required)` : description
}

/** Commander ends by throwing, after help that was asked for as well as after words it does not understand. */
function endOfParsing(error: CommanderError): number {
  if (error.exitCode === 0) return 0
  const isHelp = error.code === 'commander.help'
  const sentence = isHelp ? 'A command is missing.' : error.message.replace(/^error: /, '')
  const failure = usageFailure(sentence)
  // A group of commands called alone has shown its help already, which says more than the sentence.
  if (asJson || !isHelp) writeFailure(failure)
  return failure.exitCode
}

function writeFailure(failure: CommandFailure): void {
  const { code, message } = failure
  process.stderr.write(asJson ? `${JSON.stringify({ error: { code, message } })}\n` : `contactbook: ${message}\n`)
}
