import json

from tools.training import baseline


def test_prints_and_writes_the_metrics_of_the_test_split(tmp_path, capsys):
    out = tmp_path / "new" / "uci_splice.json"
    baseline.main(["uci_splice", "--data", str(tmp_path), "--out", str(out)])
    written = json.loads(out.read_text())
    assert json.loads(capsys.readouterr().out) == written
    values = {entry["name"]: entry["value"] for entry in written["metrics"]}
    assert written["name"] == "uci_splice"
    again = "python -m tools.training.baseline uci_splice --data DATA --seed 0"
    assert written["command"] == again
    assert set(written["chosen"]) == {"ei", "ie", "n"}
    assert {entry["split"] for entry in written["metrics"]} == {"test"}
    # Better than chance, below networks that know where the junction is.
    for label in ("ei", "ie", "n"):
        assert 0.7 < values[f"auroc_{label}"] < 0.99
