import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { storeTitles } from './book-place.ts'
import type { Comparison } from './comparison.ts'
import { pageSize } from './contact-requests.ts'
import { answerBytes, type Echo, type EchoKind, echoKinds } from './echo.ts'
import type { Flags } from './flags.ts'
import { goalsOf } from './goals.ts'
import type { LoadResult } from './load.ts'
import type { BookResult, Measurement } from './measure-book.ts'
import { noteFileBytes, personsOfOne } from './part-requests.ts'
import { echoRate, type Report, rateOf, sharesOf } from './ratios.ts'
import { spreadOf } from './spread.ts'
import { root } from './workbench.ts'

/** The report for people, in Markdown. */
export function writeMarkdown(report: Report): string {
  const { machine, date } = report
  const about = [
    `${date}. ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.nodeVersion}.`,
    `Load by ${machine.loadTool} on the same machine: ${report.connections} connections, ${report.secondsOfOne} s a measurement after a warm-up. Load average before: ${round(machine.loadAverageBefore, 1)}.`,
    `Every write is on disk before it is answered${durabilityOf(report)}; writing 4 KiB and waiting for the disk takes ${round(machine.fsyncMs, 2)} ms here.`,
    'Each call is compared with the bare server that takes and answers about as much.',
  ]
  const parts = ['# Benchmark', about.join('\n'), '## Requests', requestTable(report), '## Books', bookTable(report)]
  if (report.books.some(({ searches }) => searches.length > 0)) {
    parts.push('## Searches, one at a time', searchTable(report))
  }
  for (const comparison of report.comparisons.slice(0, 1)) {
    parts.push(`## addContact against ${comparison.baseline}`, aboutComparison(comparison), comparisonTable(report))
  }
  return `${[...parts, '## Goals', goalTable(report)].join('\n\n')}\n`
}

/** Writes the report beside the others, as JSON and for people. Answers the name of the files. */
export function saveReport(report: Report, { stores, contacts, only }: Flags, allCases: number): string {
  const what = [...stores, contacts.join('-and-'), 'contacts', ...(only.length < allCases ? only : [])]
  for (const { baseline } of report.comparisons.slice(0, 1)) what.push('against', baseline)
  const name = [report.date, ...what].join('-')
  const folder = join(root, 'bench', 'results')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(join(folder, `${name}.md`), writeMarkdown(report))
  return name
}

function requestTable(report: Report): string {
  const rows = [
    ...echoKinds.flatMap((kind) => echoRows(report, kind)),
    ...report.books.flatMap((book) => [
      ...book.measurements.map((one) => caseRow(report, book, one)),
      ...rawRows(book),
    ]),
  ]
  const heads = [
    'what',
    'store',
    'contacts',
    'per second',
    'p50 ms',
    'p99 ms',
    'errors',
    'of the bare echo',
    'of the raw store',
  ]
  return table(heads, rows)
}

function echoRows(report: Report, kind: EchoKind): string[][] {
  const bytes = count(answerBytes(kind))
  const names: Record<EchoKind, string> = {
    small: `bare node:http echo, ${bytes} bytes`,
    persons: `bare, ${bytes} bytes, as ${personsOfOne} persons`,
    page: `bare, ${bytes} bytes, as ${pageSize} contacts`,
    upload: `bare, taking ${noteFileBytes / 1024} KiB`,
  }
  const row = (what: string, load: Echo[EchoKind]) => {
    return load ? [[what, '', '', ...loadCells(load), round(rateOf(load) / echoRate(report, kind), 2), '']] : []
  }
  const { echoFirst, echoAgain } = report
  return [...row(`${names[kind]}, first`, echoFirst[kind]), ...row(`${names[kind]}, again`, echoAgain[kind])]
}

function caseRow(report: Report, book: BookResult, measured: Measurement): string[] {
  const { ofEcho, ofRawStore } = sharesOf(report, book, measured)
  const shares = [round(ofEcho, 2), ofRawStore === null ? '' : round(ofRawStore, 2)]
  return [measured.label, storeTitles[book.store], count(book.contacts), ...loadCells(measured.load), ...shares]
}

function rawRows({ store, rawStore, contacts, accounts }: BookResult): string[][] {
  const [first] = rawStore?.rates ?? []
  if (!rawStore || !first) return []
  return rawStore.rates.map(({ label, contactsPerSecond, p50Ms, p99Ms }) => {
    const what = `raw store, ${label}, ${accounts === 'one' ? '1 account' : '20 accounts'}`
    const share = round(contactsPerSecond / first.contactsPerSecond, 2)
    return [
      what,
      storeTitles[store],
      count(contacts),
      count(contactsPerSecond),
      round(p50Ms, 1),
      round(p99Ms, 1),
      '',
      '',
      share,
    ]
  })
}

function loadCells(load: LoadResult): string[] {
  return [count(rateOf(load)), round(load.p50Ms, 1), round(load.p99Ms, 1), String(load.errors)]
}

function bookTable({ books }: Report): string {
  const heads = ['store', 'contacts', 'accounts', 'filled in s', 'index built in s', 'start ms', 'found after ms']
  heads.push('resident MiB at rest', 'at the end', 'at most', 'book MiB', 'its WAL', 'index MiB', 'its WAL')
  const rows = books.map((book) => [
    storeTitles[book.store],
    count(book.contacts),
    book.accounts === 'one' ? '1' : '20',
    ...[book.fillSeconds, book.indexSeconds].map((seconds) => (seconds === null ? '' : round(seconds, 1))),
    ...[book.startMs, book.searchLagMs].map(count),
    ...[book.memoryAtRest.residentMiB, book.memoryAtEnd.residentMiB, book.memoryAtEnd.peakMiB].map(mebibytes),
    ...[book.bookMiB, book.walMiB, book.indexMiB, book.indexWalMiB].map(mebibytes),
  ])
  return table(heads, rows)
}

function searchTable({ books }: Report): string {
  const searched = books.filter(({ searches }) => searches.length > 0)
  const kinds = searched[0]?.searches.map(({ kind }) => kind) ?? []
  const heads = [
    'q is',
    ...searched.flatMap(({ store, contacts }) => [
      `${storeTitles[store]}, ${count(contacts)}, median ms`,
      'on the page',
    ]),
  ]
  const rows = kinds.map((kind, place) => [
    kind,
    ...searched.flatMap(({ searches }) => {
      const time = searches[place]
      return time ? [round(time.medianMs, 1), String(time.found)] : ['', '']
    }),
  ])
  return table(heads, rows)
}

function aboutComparison({ pairs, secondsOfRound, baseline }: Comparison): string {
  return [
    `Both services are up, each with a book of its own, and take turns: ${pairs.length} pairs of rounds of ${secondsOfRound} s, 20 accounts.`,
    `The ratio of a pair is what is done here in a second as a share of what ${baseline} does.`,
    'In nineteen of twenty such runs the true median of the ratios is between `from` and `to`.',
  ].join('\n')
}

function comparisonTable({ comparisons }: Report): string {
  const heads = ['contacts', 'per second', 'there', 'p99 ms', 'there', 'errors', 'there']
  heads.push('ratio, median', 'from', 'to', 'lowest', 'highest')
  const rows = comparisons.map(({ contacts, pairs, ratio }) => {
    const loads = [pairs.map(({ here }) => here), pairs.map(({ there }) => there)]
    const medians = (of: (load: LoadResult) => number) => loads.map((side) => spreadOf(side.map(of)).median)
    return [
      count(contacts),
      ...medians(rateOf).map(count),
      ...medians(({ p99Ms }) => p99Ms).map((ms) => round(ms, 1)),
      ...loads.map((side) => String(side.reduce((sum, { errors }) => sum + errors, 0))),
      ...[ratio.median, ratio.from, ratio.to, ratio.lowest, ratio.highest].map((value) => round(value, 3)),
    ]
  })
  return table(heads, rows)
}

function goalTable(report: Report): string {
  const rows = goalsOf(report).map(({ goal, measured, met }) => [goal, measured, met ? 'met' : 'missed'])
  return rows.length > 0 ? table(['goal', 'measured', ''], rows) : 'None of the goals was measured.'
}

/** How each store makes a commit durable; nothing where no store was asked. */
function durabilityOf({ books }: Report): string {
  const told = books.flatMap(({ store, rawStore }) =>
    rawStore ? [`${storeTitles[store]}: ${rawStore.durability}`] : [],
  )
  return told.length > 0 ? ` (${[...new Set(told)].join('; ')})` : ''
}

function table(heads: string[], rows: string[][]): string {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0), 3))
  const line = (cells: string[]) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [line(heads), rule, ...rows.map(line)].join('\n')
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function mebibytes(value: number | null): string {
  return value === null ? '' : count(value)
}

function round(value: number, digits: number): string {
  return value.toFixed(digits)
}
