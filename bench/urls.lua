-- wrk asks for the lines of the file BENCH_URLS in random order, each a path and, after a tab, an If-None-Match.
-- BENCH_PAUSE: milliseconds that each of BENCH_CONNECTIONS rests before a request, on average: between none and twice as
-- many, or all would ask at the same moments. Not before the first: a server waits for a connection that says nothing.
-- Prints what was measured as JSON.
local requests = {}
local pause = tonumber(os.getenv("BENCH_PAUSE") or "0")
local connecting = tonumber(os.getenv("BENCH_CONNECTIONS"))

function init(_)
  math.randomseed(tonumber(os.getenv("BENCH_SEED") or "1"))
  for line in io.lines(os.getenv("BENCH_URLS")) do
    local path, tag = line:match("^([^\t]+)\t?(.*)$")
    local headers = {
      ["Accept-Encoding"] = os.getenv("BENCH_ENCODING"),
      ["Cookie"] = os.getenv("BENCH_COOKIE"),
    }
    if tag ~= "" then
      headers["If-None-Match"] = tag
    end
    table.insert(requests, wrk.format("GET", path, headers))
  end
end

function request()
  return requests[math.random(#requests)]
end

if pause > 0 then
  function delay()
    if connecting > 0 then
      connecting = connecting - 1
      return 0
    end
    return math.floor(2 * pause * math.random() + 0.5)
  end
end

function done(summary, latency, _)
  local errors = summary.errors
  io.stdout:write(string.format(
    '\n{"requests": %d, "seconds": %.6f, "bytes": %d, "failed": %d, "p50": %.3f, "p99": %.3f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000
  ))
end
