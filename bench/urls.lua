-- wrk asks for the lines of the file BENCH_URLS in random order; a line may hold an If-None-Match after a tab.
local requests = {}

function init(_)
  math.randomseed(tonumber(os.getenv("BENCH_SEED") or "1"))
  for line in io.lines(os.getenv("BENCH_URLS")) do
    local path, tag = line:match("^([^\t]+)\t?(.*)$")
    local headers = { ["Accept-Encoding"] = os.getenv("BENCH_ENCODING") }
    if tag ~= "" then
      headers["If-None-Match"] = tag
    end
    table.insert(requests, wrk.format("GET", path, headers))
  end
end

function request()
  return requests[math.random(#requests)]
end
