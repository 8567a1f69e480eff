import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** The service's own figures, in Prometheus' form. */
export type Metrics = ReturnType<typeof createMetrics>

const latencyBucketsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Makes the figures, in a registry that may tell more than them. */
export function createMetrics(registry = new Registry()) {
  collectDefaultMetrics({ register: registry, prefix: 'contactbook_' })
  const registers = [registry]
  return {
    registry,
    requests: new Counter({
      name: 'contactbook_requests_total',
      help: 'Requests answered, by operation and statuscode',
      labelNames: ['operation', 'statuscode'] as const,
      registers,
    }),
    authFailures: new Counter({
      name: 'contactbook_authentication_failures_total',
      help: 'Requests rejected before or by their authentication, by API and reason',
      labelNames: ['api', 'reason'] as const,
      registers,
    }),
    latency: new Histogram({
      name: 'contactbook_request_duration_seconds',
      help: 'Time from the whole request to its answer, by operation',
      labelNames: ['operation'] as const,
      buckets: latencyBucketsSeconds,
      registers,
    }),
    groupSize: new Histogram({
      name: 'contactbook_group_size',
      help: 'Writes committed together',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers,
    }),
    commitTime: new Histogram({
      name: 'contactbook_commit_duration_seconds',
      help: 'Time a commit took to reach the disk',
      buckets: latencyBucketsSeconds,
      registers,
    }),
  }
}

/** Adds the metric of the free disk space. */
export function watchDisk({ registry }: Metrics, freeBytes: () => number): void {
  new Gauge({
    name: 'contactbook_disk_free_bytes',
    help: 'Bytes free on the fullest disk of the data and attachments directories',
    registers: [registry],
    // Several processes report the same disks.
    aggregator: 'min',
    collect() {
      this.set(freeBytes())
    },
  })
}

/** Adds what a book has before it, asked for whenever the figures are read. */
export function watchLoad({ registry }: Metrics, load: () => { queueDepth: number; indexBehind: number }): void {
  const registers = [registry]
  new Gauge({
    name: 'contactbook_queue_depth',
    help: 'Requests waiting for the store',
    registers,
    collect() {
      this.set(load().queueDepth)
    },
  })
  new Gauge({
    name: 'contactbook_index_behind',
    help: 'Contact changes that the search index has still to learn',
    registers,
    collect() {
      this.set(load().indexBehind)
    },
  })
}
