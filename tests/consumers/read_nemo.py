"""NeMo Curator: the texts that its readers find by the arguments in argv[1], into argv[2], without a Ray cluster."""

import json
import sys
from pathlib import Path

from nemo_curator.stages.text.io.reader.jsonl import JsonlReader
from nemo_curator.stages.text.io.reader.parquet import ParquetReader
from nemo_curator.tasks import EmptyTask

work = Path(sys.argv[2])
readers = {"ParquetReader": ParquetReader, "JsonlReader": JsonlReader}
texts = []
for name, arguments in json.loads(Path(sys.argv[1]).read_bytes()).items():
    files, reader = readers[name](**arguments).decompose()
    try:
        start = EmptyTask()
    except TypeError:
        start = EmptyTask  # an object, not a class, in some versions
    for task in files.process(start):
        texts += reader.process(task).to_pandas()["text"].tolist()
(work / "found.json").write_text(json.dumps(texts))
