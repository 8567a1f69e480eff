import module from 'node:module'
import { fileURLToPath } from 'node:url'

// Node's cache of compiled modules, inside the checkout so that only who may change the program may change its cache.
// Without it each thread loads a TypeScript compiler: 17 MB and 50 ms apiece. A checkout that cannot be written to
// runs without.

const directory = fileURLToPath(new URL('../node_modules/.cache/contactbook/', import.meta.url))

module.enableCompileCache(directory)
// Threads take it from the environment.
process.env.NODE_COMPILE_CACHE ??= directory
