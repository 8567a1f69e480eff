#!/usr/bin/env -S MALLOC_ARENA_MAX=2 node --max-semi-space-size=8 --max-old-space-size=1000
// The command's entry. Any old Node must be able to parse this file, so that it can say what is wrong: no syntax newer
// than ES5 besides the dynamic imports, and no static ones, which would load before the check.
var nodeMajorMin = 24

if (Number(process.versions.node.split('.')[0]) < nodeMajorMin) {
  process.stderr.write(
    'contactbook needs Node ' +
      nodeMajorMin +
      ' and was started by Node ' +
      process.versions.node +
      '.\n' +
      'On Linux and Windows, `npm ci` in the root of the checkout installs Node ' +
      nodeMajorMin +
      '; on macOS, install it yourself. Then call the command from there by `npx contactbook …`, or start the server ' +
      'by `npm start`.\n',
  )
  process.exitCode = 1
} else if (process.argv[2] === 'serve') {
  import('@contactbook/server/compile-cache.ts').then(() => import('@contactbook/server/main.ts'))
} else if (process.argv[2] === 'migrate') {
  import('@contactbook/server/migrate.ts')
} else {
  import('../main.ts')
}
