// What is let off a rule, a line each with its reason. A line that is needed no more fails the test.

/** Files with 300 lines or more. */
export const longFiles: Record<string, string> = {}

/** Functions with 50 lines or more: the file, and how the function begins. */
export const longFunctions: Record<string, string> = {
  'server/http/admin.ts function directoryCalls(context: AdminContext): Omit<AdminCalls, keyof MoneyCalls> {':
    'a table of ten short functions',
}

/** Files that switch a rule of the linter off. */
export const lintSuppressions: Record<string, string> = {
  'tests/fixtures/samples.ts': "a sample's data has any shape, and the tests look into it",
  'tests/harness.ts': "an answer's data has any shape, and the tests look into it",
}

/** Files with tests that are left out, loudly, where what they need is not there. */
export const leftOut: Record<string, string> = {
  'tests/citus.test.ts': 'no package brings a Citus cluster; CONTACTBOOK_TEST_CITUS_URL names one',
  'tests/postgres-directory.test.ts': 'the part about Citus, as above',
  'tests/postgres-plans.test.ts': 'the part about Citus, as above',
}

/** Files that no other imports. */
export const entries: Record<string, string> = {
  'bench/autocannon-load.ts': 'a process that the benchmark starts where wrk is not installed',
  'bench/echo-server.ts': 'a process that the benchmark starts',
  'bench/fill.ts': 'a process that the benchmark starts',
  'bench/fill-postgres.ts': 'a process that the benchmark starts',
  'bench/neighbours.ts': 'a measurement of its own, started by hand',
  'bench/raw-store.ts': 'a process that the benchmark starts',
  'bench/raw-store-postgres.ts': 'a process that the benchmark starts',
  'cli/bin/contactbook.js': 'the command',
  'server/embedded/book-thread.ts': 'a thread',
  'server/embedded/index-thread.ts': 'a thread',
  'server/embedded/reader-thread.ts': 'a thread',
  ...Object.fromEntries(
    ['cleanup-fails', 'database-ends', 'leaves-a-server', 'property-fails', 'waits-for-ever'].map((name) => [
      `tests/broken-runs/${name}.ts`,
      'tests that fail, for the test of the test command',
    ]),
  ),
  'tests/process/die-in-index.ts': 'loaded into a server that a test spawns',
  'tests/trials/kill-rounds.ts': 'a long trial, started by hand',
  'tests/trials/soak.ts': 'a long trial, started by hand',
  'tests/trials/twin-rounds.ts': 'a long trial, started by hand',
  'tools/test-file-limits.ts': 'loaded into each process of tests',
  'tools/test-progress.ts': 'a reporter that Node loads by its path',
}
