-- Sends the requests of a file, with fresh numbers where one is marked, looks into every answer, and prints the outcome
-- as JSON. Arguments: the file (whole requests, split by byte 0x1e), the first number, and the order: `random`, or `once`
-- for each of them once, one after the other.

local requests = {}
local serial = 0
local once = false
local sent = 0
local threads = {}
failed = 0
sample = ''

function setup(thread)
  table.insert(threads, thread)
end

-- A request as its texts between marks: text, mark, text, mark, …, text.
local function split(request)
  local parts = {}
  local from = 1
  while true do
    local start, finish, mark = request:find('#(%l)%l+s#', from)
    if not start then break end
    table.insert(parts, request:sub(from, start - 1))
    table.insert(parts, mark)
    from = finish + 1
  end
  table.insert(parts, request:sub(from))
  return parts
end

function init(args)
  math.randomseed(1)
  serial = tonumber(args[2])
  once = args[3] == 'once'
  local file = assert(io.open(args[1], 'rb'))
  for request in file:read('*a'):gmatch('[^\30]+') do table.insert(requests, split(request)) end
  file:close()
end

local function choose()
  if not once then return requests[math.random(#requests)] end
  if sent < #requests then
    sent = sent + 1
  else
    failed = failed + 1
    sample = 'no request was left'
  end
  return requests[sent]
end

function request()
  local parts = choose()
  if #parts == 1 then return parts[1] end
  serial = serial + 1
  local filled = {}
  for place, part in ipairs(parts) do
    if place % 2 == 1 then filled[place] = part
    elseif part == 's' then filled[place] = string.format('%09d', serial)
    else filled[place] = string.format('%09d', (serial * 7654321) % 1000000007 % 1000000000) end
  end
  return table.concat(filled)
end

function response(status, headers, body)
  if status == 200 and body:find('"statuscode":"TXN"', 1, true) then return end
  failed = failed + 1
  sample = status .. ' ' .. body:sub(1, 500)
end

function done(summary, latency)
  local found, text = 0, ''
  for _, thread in ipairs(threads) do
    found = found + thread:get('failed')
    if thread:get('sample') ~= '' then text = thread:get('sample') end
  end
  local errors = summary.errors
  io.write(string.format('SAMPLE %s\n', (text:gsub('[\r\n]', ' '))))
  io.write(string.format(
    'RESULT {"requests":%d,"seconds":%.6f,"bytes":%d,"errors":%d,"p50Ms":%.3f,"p99Ms":%.3f,"maxMs":%.3f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    errors.connect + errors.read + errors.write + errors.timeout + found,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency.max / 1000
  ))
end
