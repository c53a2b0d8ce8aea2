"""Registers a metadata, stores a value, and reads it back, with nothing but Python's own library."""
import json, os, time, urllib.request

ARCHIVE = os.environ.get("MARIGRAM_URL", "http://localhost:8080") + "/esmond/perfsonar/archive/"
HEADERS = {"Authorization": "Token " + os.environ["MARIGRAM_KEY"], "Content-Type": "application/json"}

def send(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    return json.load(urllib.request.urlopen(urllib.request.Request(url, data, HEADERS)))

metadata = send(ARCHIVE, {"subject-type": "network-element", "source": "192.0.2.1", "measurement-agent": "192.0.2.1",
                          "tool-name": "python.py", "event-types": [{"event-type": "ntp-offset"}]})
send(metadata["url"] + "ntp-offset/base", {"ts": time.time(), "val": 0.25})
print(send(metadata["url"] + "ntp-offset/base"))
