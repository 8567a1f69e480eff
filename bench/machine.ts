import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import type { LoadTool } from './load.ts'
import { dropFolder, run, takeFolder } from './workbench.ts'

/** On what was measured. No names of hosts and no paths. */
export type Machine = {
  cpu: string
  cores: number
  memoryGiB: number
  system: string
  nodeVersion: string
  loadTool: LoadTool
  /** The processes that wanted to run in the minute before: anything but near 0 means that others were working here. */
  loadAverageBefore: number
  /** The median time of writing 4 KiB and waiting until the disk has them. */
  fsyncMs: number
}

/** Describes the machine. */
export async function describeMachine(loadTool: LoadTool): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    nodeVersion: (await run('node', ['--version'], 10_000)).trim(),
    loadTool,
    loadAverageBefore: loadavg()[0] ?? 0,
    fsyncMs: fsyncMedianMs(),
  }
}

const fsyncTurns = 200

function fsyncMedianMs(): number {
  const folder = takeFolder()
  const file = openSync(join(folder, 'fsync'), 'w')
  const block = Buffer.alloc(4096, 1)
  const took = Array.from({ length: fsyncTurns }, () => {
    const startedAt = performance.now()
    writeSync(file, block)
    fsyncSync(file)
    return performance.now() - startedAt
  })
  closeSync(file)
  dropFolder(folder)
  return took.sort((one, other) => one - other)[fsyncTurns / 2] ?? 0
}
