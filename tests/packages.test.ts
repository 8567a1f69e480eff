import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { root } from './architecture/source-file.ts'

// What `npm ci` installs is fixed by the lock file: each package by its hash, the binary of Node among them.

type LockedPackage = {
  version: string
  integrity?: string
  resolved?: string
  link?: boolean
  dev?: boolean
  optional?: boolean
  hasInstallScript?: boolean
  os?: string | string[]
  cpu?: string | string[]
}

const manifest: {
  optionalDependencies: Record<string, string>
  allowScripts: Record<string, boolean>
} = readJson('package.json')
const locked = Object.entries(readJson<{ packages: Record<string, LockedPackage> }>('package-lock.json').packages)
const installed = locked.filter(([path, entry]) => path.startsWith('node_modules/') && !entry.link)

function readJson<Content>(path: string): Content {
  return JSON.parse(readFileSync(root + path, 'utf8'))
}

test('the lock file has the hash of every package and names no registry', () => {
  assert.ok(installed.length > 100)
  const unfixed = installed.filter(([, entry]) => !entry.integrity?.startsWith('sha512-') || entry.resolved)
  assert.deepEqual(unfixed, [])
})

test('no package that the server needs has an install script', () => {
  const scripted = installed.filter(([, entry]) => entry.hasInstallScript)
  assert.deepEqual(
    scripted.filter(([, entry]) => !entry.dev),
    [],
  )
  const allowed = Object.keys(manifest.allowScripts).map((name) => `node_modules/${name}`)
  const names = new Set(scripted.map(([path]) => path))
  assert.deepEqual(
    allowed.filter((path) => !names.has(path)),
    [],
  )
})

test('the Node of each platform is in the lock file, at one version', () => {
  const entries = Object.fromEntries(locked)
  const versions = new Set<string>()
  const platforms = Object.entries(manifest.optionalDependencies).map(([name, version]) => {
    const { os, cpu, optional, integrity, ...entry } = entries[`node_modules/${name}`] ?? { version: 'none' }
    assert.deepEqual([name, entry.version, optional], [name, version, true])
    assert.match(integrity ?? '', /^sha512-/)
    versions.add(version)
    return `${os} ${cpu}`
  })
  assert.deepEqual(platforms.sort(), ['linux arm64', 'linux x64', 'win32 x64'])
  assert.equal(versions.size, 1)
})
