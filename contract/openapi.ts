import { z } from 'zod'
import { envelopeSchema } from './envelope.ts'
import { type ProblemCode, problems } from './problems.ts'
import type { FieldSchemas, Route } from './route.ts'
import { operationNames, routeOf } from './routes.ts'
import { type StatusCode, statusCodes } from './status-codes.ts'
import { version } from './version.ts'

type Json = Record<string, unknown>

/** The wire as an OpenAPI 3.1 document; `serverUrl` is where it is served. */
export function openApiDocument(serverUrl: string): Json {
  const paths: Record<string, Json> = {}
  for (const name of operationNames) {
    const route = routeOf(name)
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationObject(name, route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'contactbook',
      version,
      summary: "InstantPay's Contact Book API, served by yourself",
      description:
        'Failures have the same nine keys as successes. In the compatible error mode, the default, they are answered with HTTP 200 and told apart by `statuscode`; a credential in the `http` mode gets the HTTP status as well.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: serverUrl }],
    security: [{ authCode: [], clientId: [], clientSecret: [], endpointIp: [] }],
    paths,
    components: { securitySchemes, schemas: { Failure: failureSchema() } },
  }
}

const securitySchemes = {
  authCode: headerKey('X-Ipay-Auth-Code', 'Always 1'),
  clientId: headerKey('X-Ipay-Client-Id', 'As issued with the credential'),
  clientSecret: headerKey('X-Ipay-Client-Secret', 'As issued with the credential'),
  endpointIp: headerKey('X-Ipay-Endpoint-Ip', "The end customer's IPv4 or IPv6 address"),
}

function headerKey(name: string, description: string): Json {
  return { type: 'apiKey', in: 'header', name, description }
}

function operationObject(operationId: string, route: Route): Json {
  const fromBody = route.method === 'POST' || route.method === 'PATCH'
  const hasInput = Object.keys(route.input).length > 0
  return {
    operationId,
    summary: route.summary,
    ...(route.answers === 'file' ? { security: [] } : {}),
    parameters: [
      ...(route.kind === 'write' ? [idempotencyKey] : []),
      ...(fromBody ? [] : Object.entries(route.input).map(([name, schema]) => queryParameter(name, schema, route))),
    ],
    ...(fromBody && hasInput ? { requestBody: requestBody(route) } : {}),
    responses: { 200: route.answers === 'file' ? fileResponse : successResponse(route), ...failureResponses(route) },
  }
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'A repeat with the same key and body answers the first answer again and does nothing; kept 24 hours or more.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}

function queryParameter(name: string, schema: z.ZodType, { answers }: Route): Json {
  return {
    name,
    in: 'query',
    required: !schema.safeParse(undefined).success,
    ...(answers === 'file' ? {} : { description: 'Also accepted in a JSON body, which wins.' }),
    schema: jsonSchema(schema),
  }
}

function requestBody({ input, body, aliases }: Route): Json {
  const json = { 'application/json': { schema: jsonSchema(z.looseObject(input)) } }
  if (body !== 'multipart') return { required: true, content: json }
  const description = 'A form, or JSON where no file comes with it.'
  return {
    description,
    required: true,
    content: { 'multipart/form-data': { schema: formSchema(input, aliases) }, ...json },
  }
}

/** The fields of a form, those that may come several times under their names with brackets, and its files. */
function formSchema(input: FieldSchemas, aliases: Route['aliases'] = {}): Json {
  const names = Object.fromEntries(Object.entries(aliases).map(([inForm, name]) => [name, inForm]))
  const fields = Object.entries(input).map(([name, schema]) => [names[name] ?? name, schema] as const)
  const { properties, ...form } = jsonSchema(z.looseObject(Object.fromEntries(fields)))
  return { ...form, properties: { ...Object(properties), 'files[]': filesSchema } }
}

const fileBytes = { type: 'string', format: 'binary' }

const filesSchema = {
  type: 'array',
  items: fileBytes,
  description: 'Images, PDF, office documents, plain text or CSV. What a file is, its content decides.',
}

const fileResponse = {
  description: 'The file.',
  headers: { 'Content-Disposition': { description: 'Its name', schema: { type: 'string' } } },
  content: { '*/*': { schema: fileBytes } },
}

function successResponse(route: Route): Json {
  const success = envelopeSchema(z.literal('TXN'), route.reply)
  return {
    description: `${route.status}. In the compatible error mode also failures.`,
    headers: successHeaders(route),
    content: { 'application/json': { schema: { anyOf: [jsonSchema(success), failureReference] } } },
  }
}

function failureResponses({ answers, failures }: Route): Json {
  const statuses = new Map<number, ProblemCode[]>()
  for (const code of [...(answers === 'file' ? requestFailures : callFailures), ...failures]) {
    const status = problems[code].http
    statuses.set(status, [...(statuses.get(status) ?? []), code])
  }
  const inOrder = [...statuses].sort(([one], [other]) => one - other)
  return Object.fromEntries(inOrder.map(([status, codes]) => [status, failureResponse(codes)]))
}

function successHeaders(route: Route): Json {
  const text = { schema: { type: 'string' } }
  return {
    'Contactbook-Statuscode': { description: 'The statuscode, for proxies', ...text },
    ...(route.kind === 'write'
      ? { 'Idempotent-Replayed': { description: '`true` on a repeated answer', ...text } }
      : {}),
    ...('cursor' in route.input ? { Link: { description: 'The next page, where there is one', ...text } } : {}),
  }
}

/** What can go wrong in any request, whoever sends it. */
const requestFailures: ProblemCode[] = [
  'request_too_slow',
  'body_too_large',
  'headers_too_large',
  'fault',
  'overloaded',
  'disk_full',
  'store_unreachable',
]

/** What can go wrong in any call. */
const callFailures: ProblemCode[] = [
  'header_invalid',
  'body_malformed',
  'credentials_invalid',
  'account_blocked',
  'address_not_allowed',
  'fields_invalid',
  'too_many_requests',
  ...requestFailures,
]

const failureReference = { $ref: '#/components/schemas/Failure' }

function failureResponse(codes: ProblemCode[]): Json {
  const sentences = codes.map((code) => `${problems[code].statuscode}: ${problems[code].sentence}`)
  return {
    description: [...new Set(sentences)].join('\n\n'),
    content: { 'application/json': { schema: failureReference } },
  }
}

function failureSchema(): Json {
  const codes = Object.keys(statusCodes).filter((code) => code !== 'TXN') as StatusCode[]
  const data = z.union([
    z.null(),
    z.strictObject({ errors: z.array(z.strictObject({ field: z.string(), message: z.string() })) }),
    z.strictObject({ existingId: z.string() }),
  ])
  return jsonSchema(envelopeSchema(z.enum(codes), data))
}

function jsonSchema(schema: z.ZodType): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return json
}
