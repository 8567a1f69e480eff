import { storeTitles } from './book-place.ts'
import { caseNames } from './cases.ts'
import { type Comparison, compare } from './comparison.ts'
import { measureEcho } from './echo.ts'
import { type Flags, readFlags } from './flags.ts'
import { connections, installedLoadTool, type LoadTool } from './load.ts'
import { describeMachine } from './machine.ts'
import { type BookResult, measureBook } from './measure-book.ts'
import { profileCase } from './profile.ts'
import { echoKindsOf, type Report } from './ratios.ts'
import { saveReport, writeMarkdown } from './report.ts'
import { takePlace } from './take-place.ts'
import { onWorkbench, tell } from './workbench.ts'

// `npm run bench`: what the whole service does, against the bare server and the bare store, in one run on one machine.

const flags = flagsOrExit()

await onWorkbench(async () => {
  const tool = flags.load ?? installedLoadTool()
  if (flags.profile) return profileAll(tool, flags)
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

async function profileAll(tool: LoadTool, { stores, citusUrl, only, seconds }: Flags): Promise<void> {
  for (const store of stores) {
    for (const name of only) {
      const place = await takePlace(store, citusUrl)
      process.stdout.write(`${storeTitles[store]}: ${await profileCase(tool, place, name, seconds)}\n\n`)
      await place.drop()
    }
  }
}

async function measureAll(tool: LoadTool, flags: Flags): Promise<Report> {
  tell('the bare server, first')
  const machine = await describeMachine(tool)
  const kinds = echoKindsOf(flags.only)
  const echoFirst = await measureEcho(tool, flags.seconds, kinds)
  const books: BookResult[] = []
  for (const store of flags.stores) {
    for (const contacts of flags.contacts) {
      for (const accounts of ['twenty', 'one'] as const) {
        const book = await measureBook(tool, flags, store, contacts, accounts)
        if (book) books.push(book)
      }
    }
  }
  tell('the bare server, again')
  const echoAgain = await measureEcho(tool, flags.seconds, kinds)
  const comparisons: Comparison[] = []
  for (const contacts of flags.baseline ? flags.contacts : []) {
    if (flags.baseline) comparisons.push(await compare(tool, flags, flags.baseline, contacts))
  }
  const date = new Date().toISOString().slice(0, 10)
  return { date, secondsOfOne: flags.seconds, connections, machine, echoFirst, echoAgain, books, comparisons }
}

function errorsOf({ echoFirst, echoAgain, books, comparisons }: Report): number {
  const loads = [echoFirst, echoAgain].flatMap((echo) => Object.values(echo))
  loads.push(...books.flatMap(({ measurements }) => measurements.map(({ load }) => load)))
  loads.push(...comparisons.flatMap(({ pairs }) => pairs.flatMap(({ here, there }) => [here, there])))
  return loads.reduce((sum, { errors }) => sum + errors, 0)
}
