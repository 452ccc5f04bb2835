"""Data-Juicer: the texts it loads by the recipe argv[1], and the weights of its sources; it works below argv[2]."""

import json
import sys
from pathlib import Path

from data_juicer.config import init_configs
from data_juicer.core.data.dataset_builder import DatasetBuilder

recipe, work = json.loads(Path(sys.argv[1]).read_bytes()), Path(sys.argv[2])
recipe |= {"project_name": "release", "export_path": str(work / "out" / "texts.jsonl"), "process": []}
(work / "recipe.yaml").write_text(json.dumps(recipe))  # JSON is YAML
made = DatasetBuilder(init_configs(["--config", str(work / "recipe.yaml")]), "default")
weights = [strategy.weight for strategy in made.load_strategies]
(work / "found.json").write_text(json.dumps({"weights": weights, "texts": list(made.load_dataset(num_proc=1)["text"])}))
