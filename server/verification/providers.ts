import { createInstantpay, type InstantpayOptions } from './instantpay.ts'
import { createSimulator } from './simulator.ts'
import type { Providers } from './verifying.ts'

/** How the providers are set up; LIVE has one where an upstream is given whole. */
export type ProviderSettings = {
  upstreamUrl: string | undefined
  upstreamClientId: string | undefined
  upstreamClientSecret: string | undefined
  upstreamEndpointIp: string
  pennyDrop: 'YES' | 'NO' | 'AUTO'
  verificationTimeoutMs: number
}

/** Makes the providers: the simulator for the SANDBOX, the upstream for LIVE. */
export function createProviders(
  settings: ProviderSettings,
  { simulatorNow, ...reports }: { simulatorNow: () => number } & Pick<InstantpayOptions, 'onTrouble' | 'onRefusal'>,
): Providers {
  const { upstreamUrl: url, upstreamClientId: clientId, upstreamClientSecret: clientSecret } = settings
  const { upstreamEndpointIp: endpointIp, pennyDrop, verificationTimeoutMs: timeoutMs } = settings
  const simulator = createSimulator({ now: simulatorNow, timeoutMs })
  if (!url || !clientId || !clientSecret) return { SANDBOX: simulator }
  const upstream = createInstantpay({ url, clientId, clientSecret, endpointIp, pennyDrop, timeoutMs, ...reports })
  return { SANDBOX: simulator, LIVE: upstream }
}
