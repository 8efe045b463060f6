"""Which way of computing is taken is measured once a run, and kept."""

import pytest

import zoo
from tests.zoo.genome_prediction.test_resuming import ARGUMENTS
from zoo.genome_prediction import calling, compiling
from zoo.genome_prediction.parts import PartsFolder


@pytest.mark.parametrize(
    ("plain", "fast", "windows", "pays"),
    [
        (1.0, 0.5, 1000, True),
        (1.0, 0.98, 1000, False),
        (0.5, 1.0, 1000, False),
        (1.0, 0.5, 100, False),  # 10 seconds of work
    ],
)
def test_what_is_faster_by_more_than_noise(monkeypatch, plain, fast, windows, pays):
    monkeypatch.setattr("keras.backend.backend", lambda: "tensorflow")
    clock = [0.0]

    def compiled(model, activation, *, jit_compile=False):
        def compute(codes):
            assert codes.shape == (10, 40)
            clock[0] += fast if jit_compile else plain

        return compute

    monkeypatch.setattr(compiling, "compiled", compiled)
    monkeypatch.setattr(compiling.time, "perf_counter", lambda: clock[0])
    found = compiling.xla_pays(None, None, rows=10, window=40, windows=windows)
    assert found is pays


def test_a_continued_run_keeps_to_what_was_found(genome, tmp_path, monkeypatch):
    out, found, measure = tmp_path / "x.tsv", [], compiling.xla_pays

    def measured(*positional, **arguments):
        assert (arguments["rows"], arguments["window"]) == (7, 40)
        found.append(measure(*positional, **arguments))
        return found[-1]

    def full(*_):
        raise OSError(28, "full")

    monkeypatch.setattr(compiling, "_SECONDS", 0.0)  # no run is too short
    monkeypatch.setattr(compiling, "xla_pays", measured)
    with monkeypatch.context() as patch:
        patch.setattr(calling, "assemble", full)
        with pytest.raises(OSError):
            zoo.predict_genome("rc_dilated_v1", genome, out, **ARGUMENTS)
    (pays,) = found
    assert PartsFolder(out).recorded("jit_compile") is pays
    zoo.predict_genome("rc_dilated_v1", genome, out, resume=True, **ARGUMENTS)
    told = tmp_path / "told.tsv"
    zoo.predict_genome("rc_dilated_v1", genome, told, jit_compile=pays, **ARGUMENTS)
    assert len(found) == 1
    assert out.read_bytes() == told.read_bytes()
