"""Which way of computing is taken is measured once a run, and kept."""

import pytest
from hypothesis import given, strategies as st

import zoo
from tests.zoo.prediction.genome.test_resuming import ARGUMENTS
from zoo.prediction.genome import calling, compiling
from zoo.prediction.genome.parts import PartsFolder


class Clock:
    """Networks whose time is counted, not taken: seconds per window, and to compile."""

    def __init__(self, monkeypatch, plain, fast, compilation):
        self.now, self.windows, self.shapes = 0.0, 0, []
        self.seconds = {False: plain, True: fast}
        self.compilation = compilation
        monkeypatch.setattr("keras.backend.backend", lambda: "tensorflow")
        monkeypatch.setattr(compiling, "compiled", self.compiled)
        monkeypatch.setattr(compiling, "sequence_input", lambda model: "sequence")
        monkeypatch.setattr(compiling, "random_inputs", lambda *_: {})
        monkeypatch.setattr(compiling.time, "perf_counter", lambda: self.now)

    def compiled(self, model, activation, *, jit_compile=False):
        def compute(inputs):
            (codes,) = inputs.values()
            assert codes.shape[1] == 40
            self.now += len(codes) * self.seconds[jit_compile]
            self.windows += len(codes)
            if jit_compile:
                self.shapes.append(len(codes))
                # The second call of a shape compiles.
                self.now += self.compilation * (len(self.shapes) == 2)

        return compute

    def pays(self, windows):
        return compiling.xla_pays(None, None, rows=10, window=40, windows=windows)


@pytest.mark.parametrize(
    ("plain", "fast", "compilation", "windows", "pays"),
    [
        (0.10, 0.05, 20, 10_000, True),
        (0.10, 0.098, 20, 10_000, False),
        (0.05, 0.10, 20, 10_000, False),
        (0.10, 0.05, 460, 10_000, False),  # it gains 500 of 1,000 seconds, less 460
        (0.10, 0.05, 440, 10_000, True),
        (0.02, 0.01, 20, 10_000, False),  # 200 seconds of work
        (50.0, 0.01, 20, 40, False),  # four batches
    ],
)
def test_what_is_faster_by_more_than_noise(
    monkeypatch, plain, fast, compilation, windows, pays
):
    clock = Clock(monkeypatch, plain, fast, compilation)
    assert clock.pays(windows) is pays
    assert set(clock.shapes) <= {10}  # the shape that the run will have


@given(
    plain=st.floats(1e-4, 10),
    fast=st.floats(1e-4, 10),
    compilation=st.floats(0, 60),
    windows=st.integers(1, 1_000_000),
)
def test_the_trial_is_little_beside_the_run(plain, fast, compilation, windows):
    with pytest.MonkeyPatch.context() as monkeypatch:
        clock = Clock(monkeypatch, plain, fast, compilation)
        pays = clock.pays(windows)
        without, run = windows * plain, windows * (fast if pays else plain)
        assert run <= without
        if without < compiling._SECONDS or windows < 10 * compiling._BATCHES:
            assert clock.windows <= 2  # 1 to trace, 1 to time
        elif plain >= fast:
            assert clock.now <= 0.08 * without + compilation


def test_a_continued_run_keeps_to_what_was_found(genome, tmp_path, monkeypatch):
    out, found, measure = tmp_path / "x.tsv", [], compiling.xla_pays

    def measured(*positional, **arguments):
        assert (arguments["rows"], arguments["window"]) == (7, 40)
        found.append(measure(*positional, **arguments))
        return found[-1]

    def full(*_):
        raise OSError(28, "full")

    monkeypatch.setattr(compiling, "_SECONDS", 0.0)  # no run is too short
    monkeypatch.setattr(compiling, "_BATCHES", 0)
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
