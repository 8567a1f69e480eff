// autocannon brings no types; these are the parts of it that the benchmark uses.
declare module 'autocannon' {
  type Request = { method: string; path: string; headers: Record<string, string>; body: string }
  type Options = {
    url: string
    connections: number
    /** In seconds. */
    duration: number
    /** In seconds. */
    timeout: number
    requests: { setupRequest: () => Request; onResponse: (status: number, body: string) => void }[]
  }
  type Result = {
    requests: { total: number }
    throughput: { total: number }
    /** In seconds. */
    duration: number
    errors: number
    /** In milliseconds. */
    latency: { p50: number; p99: number; max: number }
  }
  export default function autocannon(options: Options): Promise<Result>
}
