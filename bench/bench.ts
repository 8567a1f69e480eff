import { caseNames } from './cases.ts'
import { measureEcho, pageAnswerBytes } from './echo.ts'
import { type Flags, readFlags } from './flags.ts'
import { connections, installedLoadTool, type LoadTool } from './load.ts'
import { describeMachine } from './machine.ts'
import { type BookResult, measureBook } from './measure-book.ts'
import { profileCase } from './profile.ts'
import type { Report } from './ratios.ts'
import { saveReport, writeMarkdown } from './report.ts'
import { onWorkbench, tell } from './workbench.ts'

// `npm run bench`: what the whole service does, against the bare server and the bare store, in one run on one machine.

const flags = flagsOrExit()

await onWorkbench(async () => {
  const tool = flags.load ?? installedLoadTool()
  if (flags.profile) {
    for (const name of flags.only) process.stdout.write(`${await profileCase(tool, name, flags.seconds)}\n\n`)
    return
  }
  const report = await measureAll(tool, flags)
  process.stdout.write(`${writeMarkdown(report)}\n`)
  tell(`kept as bench/results/${saveReport(report, flags, caseNames.length)}.{json,md}`)
  if (errorsOf(report) > 0) throw new Error(`${errorsOf(report)} requests failed`)
})

function flagsOrExit(): Flags {
  try {
    return readFlags(process.argv.slice(2))
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error))
    process.exit(2)
  }
}

async function measureAll(tool: LoadTool, flags: Flags): Promise<Report> {
  tell('the bare server, first')
  const machine = await describeMachine(tool)
  const echoFirst = await measureEcho(tool, flags.seconds)
  const books: BookResult[] = []
  for (const contacts of flags.contacts) {
    for (const accounts of ['twenty', 'one'] as const) {
      const book = await measureBook(tool, flags, contacts, accounts)
      if (book) books.push(book)
    }
  }
  tell('the bare server, again')
  const echoAgain = await measureEcho(tool, flags.seconds)
  const date = new Date().toISOString().slice(0, 10)
  const common = { date, secondsOfOne: flags.seconds, connections, pageAnswerBytes: pageAnswerBytes() }
  return { ...common, machine, echoFirst, echoAgain, books }
}

function errorsOf({ echoFirst, echoAgain, books }: Report): number {
  const loads = [echoFirst, echoAgain].flatMap(({ small, page }) => [small, page])
  loads.push(...books.flatMap(({ measurements }) => measurements.map(({ load }) => load)))
  return loads.reduce((sum, { errors }) => sum + errors, 0)
}
