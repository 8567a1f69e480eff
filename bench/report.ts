import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pageSize } from './cases.ts'
import { type Echo, smallAnswerBytes } from './echo.ts'
import type { Flags } from './flags.ts'
import { goalsOf } from './goals.ts'
import type { LoadResult } from './load.ts'
import type { BookResult, Measurement } from './measure-book.ts'
import { echoRate, type Report, rateOf, sharesOf } from './ratios.ts'
import { root } from './workbench.ts'

/** The report for people, in Markdown. */
export function writeMarkdown(report: Report): string {
  const { machine, date } = report
  const about = [
    `${date}. ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.nodeVersion}.`,
    `Load by ${machine.loadTool} on the same machine: ${report.connections} connections, ${report.secondsOfOne} s a measurement after a warm-up. Load average before: ${round(machine.loadAverageBefore, 1)}.`,
    `Every write is on disk before it is answered (${durabilityOf(report)}); writing 4 KiB and waiting for the disk takes ${round(machine.fsyncMs, 2)} ms here.`,
    `Lists and searches are compared with the bare server answering ${count(report.pageAnswerBytes)} bytes, as a page of ${pageSize} is; all else with one answering ${smallAnswerBytes}.`,
  ]
  const parts = ['# Benchmark', about.join('\n'), '## Requests', requestTable(report), '## Books', bookTable(report)]
  if (report.books.some(({ searches }) => searches.length > 0)) {
    parts.push('## Searches, one at a time', searchTable(report))
  }
  return `${[...parts, '## Goals', goalTable(report)].join('\n\n')}\n`
}

/** Writes the report beside the others, as JSON and for people. Answers the name of the files. */
export function saveReport(report: Report, { contacts, only }: Flags, allCases: number): string {
  const what = [contacts.join('-and-'), 'contacts', ...(only.length < allCases ? only : [])].join('-')
  const name = `${report.date}-${what}`
  const folder = join(root, 'bench', 'results')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(join(folder, `${name}.md`), writeMarkdown(report))
  return name
}

function requestTable(report: Report): string {
  const { echoFirst, echoAgain, pageAnswerBytes } = report
  const rows = [
    echoRow(report, 'bare node:http echo, first', 'small', echoFirst),
    echoRow(report, 'bare node:http echo, again', 'small', echoAgain),
    echoRow(report, `bare, ${pageAnswerBytes} bytes, first`, 'page', echoFirst),
    echoRow(report, `bare, ${pageAnswerBytes} bytes, again`, 'page', echoAgain),
    ...report.books.flatMap((book) => [
      ...book.measurements.map((one) => caseRow(report, book, one)),
      ...rawRows(book),
    ]),
  ]
  const heads = ['what', 'contacts', 'per second', 'p50 ms', 'p99 ms', 'errors', 'of the bare echo', 'of the raw store']
  return table(heads, rows)
}

function echoRow(report: Report, what: string, kind: keyof Echo, echo: Echo): string[] {
  const share = rateOf(echo[kind]) / echoRate(report, kind)
  return [what, '', ...loadCells(echo[kind]), round(share, 2), '']
}

function caseRow(report: Report, book: BookResult, measured: Measurement): string[] {
  const { ofEcho, ofRawStore } = sharesOf(report, book, measured)
  const shares = [round(ofEcho, 2), ofRawStore === null ? '' : round(ofRawStore, 2)]
  return [measured.label, count(book.contacts), ...loadCells(measured.load), ...shares]
}

function rawRows({ rawStore, contacts, accounts }: BookResult): string[][] {
  if (!rawStore) return []
  const { contactsPerSecond, groupP50Ms, groupP99Ms } = rawStore
  const what = `raw store, groups of 64, ${accounts === 'one' ? '1 account' : '20 accounts'}`
  return [[what, count(contacts), count(contactsPerSecond), round(groupP50Ms, 1), round(groupP99Ms, 1), '', '', '1.00']]
}

function loadCells(load: LoadResult): string[] {
  return [count(rateOf(load)), round(load.p50Ms, 1), round(load.p99Ms, 1), String(load.errors)]
}

function bookTable({ books }: Report): string {
  const heads = ['contacts', 'accounts', 'filled in s', 'index built in s', 'start ms', 'found after ms']
  heads.push('resident MiB at rest', 'at the end', 'at most', 'book MiB', 'its WAL', 'index MiB', 'its WAL')
  const rows = books.map((book) => [
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
  const heads = ['q is', ...searched.flatMap(({ contacts }) => [`median ms, ${count(contacts)}`, 'on the page'])]
  const rows = kinds.map((kind, place) => [
    kind,
    ...searched.flatMap(({ searches }) => {
      const time = searches[place]
      return time ? [round(time.medianMs, 1), String(time.found)] : ['', '']
    }),
  ])
  return table(heads, rows)
}

function goalTable(report: Report): string {
  const rows = goalsOf(report).map(({ goal, measured, met }) => [goal, measured, met ? 'met' : 'missed'])
  return rows.length > 0 ? table(['goal', 'measured', ''], rows) : 'None of the goals was measured.'
}

function durabilityOf({ books }: Report): string {
  return books.find(({ rawStore }) => rawStore)?.rawStore?.durability ?? 'journal_mode=wal, synchronous=FULL'
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
