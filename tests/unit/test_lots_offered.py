"""By what shards can be taken together: something known of them before anybody read them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from review import workflow
from review.errors import ReviewError
from review.settings import write_default


def test_lots_by_path_folder_and_what_all_documents_say(tmp_path):
    """A column counts where every drawn document of a shard has the same in it."""
    root = tmp_path / "project"
    write_default(root)
    for folder, name, said in (
        ("dump=2024/lang=de", "a", ["de"] * 60), ("dump=2024/lang=de", "b", ["de"] * 60),
        ("dump=2025", "c", ["fr"] + ["de"] * 59), ("dump=2025", "d", ['f"r'] * 60),
    ):  # fmt: skip
        path = tmp_path / folder
        path.mkdir(parents=True, exist_ok=True)
        texts = [f"{name} {row} of the harbour" for row in range(60)]
        urls = [f"https://harbour.example/{name}/{row}" for row in range(60)]
        pq.write_table(pa.table({"text": texts, 'la"ng': said, "url": urls}), path / f"{name}.parquet")
    with workflow.open_project(root) as project:
        workflow.ingest(project, [str(tmp_path / "dump=*" / "**" / "*.parquet")], corpus_name="web", by="lead")
        workflow.draw(project, n=60, by="lead")
        assert set(workflow.lot_keys(project)) == {"corpus", "folder", "dump", "lang", 'la"ng'}
        with pytest.raises(
            ReviewError, match=r"No open shard's documents all agree in 'url'\. Lots can be made by corpus"
        ):
            workflow.lots(project, "url")

        def by(key):
            return {one.name: [name[-9] for name in one.shards] for one in workflow.lots(project, key)}

        assert by("dump") == {"2024": ["a", "b"], "2025": ["c", "d"]}
        assert by("lang") == {"de": ["a", "b"], "(none)": ["c", "d"]}
        assert by('la"ng') == {"de": ["a", "b"], "(none)": ["c"], 'f"r': ["d"]}
        assert len(by("folder")) == 2
        (lot,) = workflow.form_lots(project, 'la"ng', ["de"], by="lead")
        assert lot.name == 'la"ng=de'
        with pytest.raises(ReviewError, match="No model is in use"):
            workflow.lots(project, "score")
