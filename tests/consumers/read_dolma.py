"""dolma's mixer: the texts of the one stream of the configuration argv[1], mixed below the folder argv[2]."""

import gzip
import json
import sys
from pathlib import Path

from dolma.dolma import mixer_entrypoint

config, work = json.loads(Path(sys.argv[1]).read_bytes()), Path(sys.argv[2])
(stream,) = config["streams"]
stream["output"] = {"path": str(work / "out"), "max_size_in_bytes": 1 << 30}
folders = {"input": str(work / "work-in"), "output": str(work / "work-out")}
mixer_entrypoint(json.dumps({"streams": [stream], "processes": 1, "dryrun": False, "work_dir": folders}))
rows = b"".join(gzip.decompress(file.read_bytes()) for file in sorted((work / "out").iterdir())).splitlines()
(work / "found.json").write_text(json.dumps([json.loads(row)["text"] for row in rows]))
