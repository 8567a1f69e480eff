import type { Command } from 'commander'

/** Writes a command's answer to standard output: as one JSON value with `--json`, as text for people otherwise. */
export function answer(command: Command, value: unknown, text: string): void {
  const { json } = command.optsWithGlobals<{ json?: boolean }>()
  process.stdout.write(`${json ? JSON.stringify(value) : text}\n`)
}

/** Rows under a heading, in columns as wide as their widest cell. */
export function table(heading: string[], rows: string[][]): string {
  const lines = [heading, ...rows]
  const widths = heading.map((_, column) =>
    lines.reduce((widest, line) => Math.max(widest, line[column]?.length ?? 0), 0),
  )
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** The fields of one record, a line each. */
export function facts(record: Record<string, unknown>): string {
  const width = Math.max(...Object.keys(record).map((field) => field.length))
  return Object.entries(record)
    .map(([field, value]) => `  ${field.padEnd(width)}  ${value ?? '-'}`)
    .join('\n')
}
