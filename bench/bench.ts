import { caseNames } from './cases.ts'
import { measureEcho, pageAnswerBytes } from './echo.ts'
import { type Flags, readFlags } from './flags.ts'
import { connections, installedLoadTool, type LoadTool } from './load.ts'
import { describeMachine } from './machine.ts'
import { type BookResult, measureBook } from './measure-book.ts'
import { profileAddContact } from './profile.ts'
import { type Report, saveReport, writeMarkdown } from './report.ts'
import { onWorkbench, tell } from './workbench.ts'

// `npm run bench`: what the whole service does, against the bare server and the bare store, in one run on one machine.

await onWorkbench(async () => {
  const flags = readFlags(process.argv.slice(2))
  const tool = flags.load ?? installedLoadTool()
  if (flags.profile) {
    process.stdout.write(`${await profileAddContact(tool, flags.seconds)}\n`)
    return
  }
  const report = await measureAll(tool, flags)
  process.stdout.write(`${writeMarkdown(report)}\n`)
  tell(`kept as bench/results/${saveReport(report, flags, caseNames.length)}.{json,md}`)
  if (errorsOf(report) > 0) throw new Error(`${errorsOf(report)} requests failed`)
})

async function measureAll(tool: LoadTool, flags: Flags): Promise<Report> {
  tell('the bare server, first')
  const machine = await describeMachine(tool)
  const echoFirst = await measureEcho(tool, flags.seconds)
  const books: BookResult[] = []
  for (const contacts of flags.contacts) {
    for (const accounts of ['twenty', 'one'] as const) {
      tell(`a book of ${contacts} contacts, ${accounts} account${accounts === 'one' ? '' : 's'}`)
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
