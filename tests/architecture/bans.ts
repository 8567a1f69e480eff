import { leftOut, lintSuppressions } from './exceptions.ts'

// What no file has. Words that this table forbids everywhere are put together, so that the table itself passes.

/** Something that may not be there: in the code, in the whole text with its comments and quotes, or in the path. */
export type Ban = {
  what: string
  in: 'code' | 'text' | 'path'
  pattern: RegExp
  /** The files it is about; without one, all. */
  where?: RegExp
  /** Files that are let off, each with its reason. */
  except?: Record<string, string>
}

const undone = ['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK'].join('|')
const silencers = ['ignore', 'expect-error', 'nocheck'].map((word) => `@ts-${word}`).join('|')
const domain = /^server\/domain\//

/** Every ban. */
export const bans: Ban[] = [
  { what: 'the type any', in: 'code', pattern: /\bany\b/, except: lintSuppressions },
  { what: 'a claim that a value is not null', in: 'code', pattern: /[\w)\]]!(?=[.,;)\]]|\s*$|\s(?!=))/m },
  { what: 'an export of everything', in: 'code', pattern: /\bexport\s*\*/ },
  {
    what: 'a default export',
    in: 'code',
    pattern: /\bexport\s+default\b/,
    where: /(?<!\.d)\.ts$/,
    except: { 'tools/test-progress.ts': "Node's test runner takes a reporter from there" },
  },
  { what: 'an import that only has effects', in: 'text', pattern: /^import '/m },
  { what: 'a switch that silences the compiler', in: 'text', pattern: new RegExp(silencers) },
  { what: 'a switch that silences the linter', in: 'text', pattern: /biome-\x69gnore/, except: lintSuppressions },
  { what: 'a note of work left undone', in: 'text', pattern: new RegExp(`\\b(${undone})\\b`) },
  {
    what: 'a test that is left out or runs alone',
    in: 'code',
    pattern: /\b(test|describe|it)\.(only|skip|todo)\b|[{,]\s*(only|skip|todo):/,
    where: /^tests\//,
    except: leftOut,
  },
  {
    what: 'a name that says nothing, or is no kebab-case',
    in: 'path',
    pattern: /(^|\/)(index|utils?|helpers?|common|misc|data|info|item|manager)(\.[jt]s|\/)|[^a-z0-9./-]/,
  },
  {
    what: 'a call for the time, in the domain',
    in: 'code',
    pattern: /\bDate\.now\b|\bnew Date\(\)|\bperformance\b/,
    where: domain,
  },
  { what: 'a call for chance, in the domain', in: 'code', pattern: /\bMath\.random\b|\brandom[A-Z]/, where: domain },
  {
    what: 'anything to wait for, in the domain',
    in: 'code',
    pattern: /\basync\b|\bawait\b|\bPromise\b|\bset(Timeout|Interval)\b/,
    where: domain,
  },
  {
    what: 'a word to the process, in the domain',
    in: 'code',
    pattern: /\bprocess\b|\bglobalThis\b|\bconsole\b/,
    where: domain,
  },
]
