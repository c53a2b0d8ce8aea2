"""k6.py FILE   Stores the response times in a file of `k6 run --out json=FILE`, as a histogram (ms) for each 10 seconds
and each kind of request. SOURCE is this host's address."""
import collections, datetime, json, os, re, sys, urllib.request

ARCHIVE = os.environ.get("MARIGRAM_URL", "http://localhost:8080") + "/esmond/perfsonar/archive/"
HEADERS = {"Authorization": "Token " + os.environ["MARIGRAM_KEY"], "Content-Type": "application/json"}
SOURCE = os.environ.get("SOURCE", "127.0.0.1")
WINDOW = 10


def send(method, url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), HEADERS, method=method)
    return json.load(urllib.request.urlopen(request))


def seconds(time):
    """The seconds since 1970 of a time with nanoseconds, such as 2024-05-01T12:00:00.123456789+02:00."""
    return datetime.datetime.fromisoformat(re.sub(r"\.\d+", "", time).replace("Z", "+00:00")).timestamp()


histograms = collections.defaultdict(lambda: collections.defaultdict(collections.Counter))
for line in open(sys.argv[1]):
    sample = json.loads(line)
    if sample["type"] == "Point" and sample["metric"] == "http_req_duration":
        data = sample["data"]
        kind = (data["tags"]["method"], data["tags"]["name"])
        window = int(seconds(data["time"]) // WINDOW * WINDOW)
        histograms[kind][window][str(round(data["value"]))] += 1

for (method, name), windows in histograms.items():
    metadata = send("POST", ARCHIVE, {
        "subject-type": "network-element", "source": SOURCE, "measurement-agent": SOURCE,
        "tool-name": "k6", "http-method": method, "url-name": name, "sample-bucket-width": WINDOW,
        "event-types": [{"event-type": "histogram-rtt",
                         "summaries": [{"summary-type": "statistics", "summary-window": 3600}]}]})
    send("PUT", metadata["url"], {"data": [
        {"ts": window, "val": [{"event-type": "histogram-rtt", "val": histogram}]}
        for window, histogram in sorted(windows.items())]})
    print(f"{method} {name}: {metadata['url']}histogram-rtt/base")
