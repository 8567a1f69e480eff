import { BlockList, isIP } from 'node:net'

/** Parses a list of addresses and ranges such as 10.0.0.0/8. Throws if one is neither. */
export function readRanges(ranges: string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [, address = '', prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(range) ?? []
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return list
}

/** True if an address is in a list; a text that is no address is in none. */
export function isWithin(list: BlockList, address: string): boolean {
  const version = isIP(address)
  return version !== 0 && list.check(address, version === 6 ? 'ipv6' : 'ipv4')
}

/** True if every text is an address or a range of addresses. */
export function areAddressRanges(ranges: string[]): boolean {
  try {
    readRanges(ranges)
    return true
  } catch {
    return false
  }
}
