-- wrk asks for the lines of the file BENCH_URLS in random order, each a path and, after a tab, an If-None-Match.
-- BENCH_PAUSE: milliseconds between the requests of a connection. Prints what was measured as JSON.
local requests = {}
local pause = tonumber(os.getenv("BENCH_PAUSE") or "0")

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
    return pause
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
