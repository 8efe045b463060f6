"""A search for hyperparameters: trials of one configuration, the best one written."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from zoo.files.output import open_output
from zoo.training.checkpointing.checkpoints import TrainingStopped
from zoo.training.configuration.config import Config, ConfigError
from zoo.training.configuration.config_file import parse_config, read_config
from zoo.training.configuration.content import to_content
from zoo.training.configuration.keywords import with_paths
from zoo.training.configuration.search import Range
from zoo.training.runs.building import direction, metrics
from zoo.training.runs.checking import check_monitor, require_packages
from zoo.training.runs.data_size import settled
from zoo.training.runs.member import train_member
from zoo.training.runs.run_data import read_splits
from zoo.training.runs.run_folder import check_data, open_run
from zoo.training.runs.running import strategy_of

BEST_FILE, TRIALS_FILE = "best.toml", "trials.tsv"


@dataclass(frozen=True)
class SearchResult:
    """What a search found.

    Attributes:
        config: The configuration with the best parameters.
        parameters: These, by their place in the configuration.
        value: The monitored quantity in the best epoch of the best trial.
        path: The TOML file to train with.
        trials: How many were finished, pruned and failed.
    """

    config: Config
    parameters: Mapping[str, Any]
    value: float
    path: Path
    trials: Mapping[str, int]


def tune(config: Config | str | Path, *, verbose: str | int = 0) -> SearchResult:
    """Tries configurations from the ranges of [search], and writes the best.

    Trials see training and validation data; the test split is not touched. The next
    trial is chosen by Optuna's TPE sampler from the results so far, and one that is
    worse than the median of the others at the same epoch is pruned. Killed and started
    again, the search goes on, and the broken trial from its checkpoint.

    Args:
        config: With a [search], or the path of its TOML file.
        verbose: For each trial, as in `model.fit`.

    Returns:
        The best trial. `zoo.training.train(search.path)` trains, measures and releases
        it.

    Raises:
        ConfigError: There is no [search], a range names no key, a package is missing,
            or no trial could be finished.
        InputError: The data cannot be used.

    Source:
        Bergstra et al. 2011, "Algorithms for Hyper-Parameter Optimization", section 4
        (TPE); Golovin et al. 2017, doi:10.1145/3097983.3098043 (median rule); both as
        Optuna has them (Akiba et al. 2019, doi:10.1145/3292500.3330701).
    """
    config = read_config(config)
    require_packages(config, "tune")
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    search = config.search
    if search is None:
        raise ConfigError(
            "Expected a [search] with the ranges of [search.space]. Received none: "
            "add it, or train with `seqzoo train`."
        )
    content = to_content(config) | {"release": None, "search": None}
    for place in search.space:
        _place(content, place)  # a misspelt key should not wait for a trial
    with open_run(config) as folder:
        where = strategy_of(config)
        splits = read_splits(config)
        check_data(config, splits, claim=True)
        # Or every trial would fail.
        check_monitor(config, metrics(config), splits.valid)
        words = {"min": "minimize", "max": "maximize"}
        study = optuna.create_study(
            study_name=config.name,
            direction=words[direction(config)],
            storage=_storage(optuna, folder),
            sampler=optuna.samplers.TPESampler(seed=config.seed),
            pruner=optuna.pruners.MedianPruner()
            if search.prune
            else optuna.pruners.NopPruner(),
            load_if_exists=True,
        )
        _resume_broken(optuna, study)

        def objective(trial: Any) -> float:
            chosen = {k: _suggest(trial, k, r) for k, r in search.space.items()}
            tried = parse_config(
                with_parameters(content, chosen),
                base=config.base,
                file=config.file,
                where=f"trial {trial.number} {chosen}",
            )
            own = splits
            if any(p.startswith(("data.", "training.max_shift")) for p in chosen):
                own = read_splits(tried)
            check_monitor(tried, metrics(tried), own.valid)
            try:
                return train_member(
                    settled(tried, own),
                    own,
                    where,
                    folder / "trials" / _address(chosen),
                    callbacks=[_Report(optuna, trial, config.training.monitor)],
                    verbose=verbose,
                ).best
            except KeyboardInterrupt:
                trial.set_user_attr("interrupted", True)
                raise
            finally:
                keras.utils.clear_session()  # or every trial's graphs would stay

        left = search.trials - _count(study)
        if left > 0:
            # What a trial's own values bring about; others end the search.
            study.optimize(
                objective, n_trials=left, catch=(ConfigError, TrainingStopped)
            )
        return _finish(study, config, folder)


class _Report(keras.callbacks.Callback):
    """Tells the study of each epoch, and ends a trial that it gives up."""

    def __init__(self, optuna: Any, trial: Any, monitor: str) -> None:
        super().__init__()
        self.optuna, self.trial, self.monitor = optuna, trial, monitor

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        value = (logs or {}).get(self.monitor)
        if value is None:
            return
        self.trial.report(float(value), epoch)
        if self.trial.should_prune():
            raise self.optuna.TrialPruned


def with_parameters(
    content: Mapping[str, Any], chosen: Mapping[str, Any]
) -> dict[str, Any]:
    """A configuration's content with other values at some places."""
    changed = copy.deepcopy(dict(content))
    for place, value in chosen.items():
        table, key = _place(changed, place)
        table[key] = value
    return changed


def _place(content: dict[str, Any], place: str) -> tuple[dict[str, Any], str]:
    """The table and the key that "optimizer.learning_rate" means."""
    *tables, key = place.split(".")
    found: Any = content
    for name in tables:
        found = found.get(name) if isinstance(found, dict) else None
    free = place.startswith("model.arguments.")  # the builder knows its own
    if not isinstance(found, dict) or not (free or key in found):
        known = ", ".join(found) if isinstance(found, dict) else ", ".join(content)
        raise ConfigError(
            f"search.space: expected the place of a key, such as "
            f'"optimizer.learning_rate". Received: {place!r}; there are {known}.'
        )
    return found, key


def _suggest(trial: Any, place: str, wanted: Range) -> Any:
    if wanted.choices:
        return trial.suggest_categorical(place, list(wanted.choices))
    low, high = wanted.low, wanted.high
    if isinstance(low, int) and isinstance(high, int):
        return trial.suggest_int(place, low, high, log=wanted.log)
    return trial.suggest_float(place, low, high, log=wanted.log)


def _address(chosen: Mapping[str, Any]) -> str:
    """A folder's name by the parameters: a trial that is tried again goes on."""
    text = json.dumps(chosen, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _storage(optuna: Any, folder: Path) -> Any:
    backend = optuna.storages.journal.JournalFileBackend(str(folder / "study.log"))
    return optuna.storages.JournalStorage(backend)


def _resume_broken(optuna: Any, study: Any) -> None:
    """Trials that were broken off, by a kill or Ctrl-C, are tried first."""
    again = {trial.user_attrs.get("again") for trial in study.trials}
    for trial in study.trials:
        if trial.state.name == "RUNNING":
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        elif not trial.user_attrs.get("interrupted"):
            continue
        if trial.number not in again:
            study.enqueue_trial(trial.params, user_attrs={"again": trial.number})


def _count(study: Any) -> int:
    """Trials that ended by themselves; each one tried again was one before."""
    ended = sum(trial.state.is_finished() for trial in study.trials)
    return ended - sum("again" in trial.user_attrs for trial in study.trials)


def _finish(study: Any, config: Config, folder: Path) -> SearchResult:
    counts = {
        state: sum(t.state.name == state for t in study.trials)
        for state in ("COMPLETE", "PRUNED", "FAIL")
    }
    if not counts["COMPLETE"]:
        raise ConfigError(
            f"No trial of {len(study.trials)} could be finished: "
            f"{counts['PRUNED']} pruned, {counts['FAIL']} failed. See the messages "
            "above, and narrow [search.space]."
        )
    _write_table(study, config, folder / TRIALS_FILE)
    best = study.best_trial.params
    content = with_parameters(to_content(config) | {"search": None}, best)
    path = folder / BEST_FILE
    found = parse_config(content, base=config.base, file=str(path))
    with open_output(path) as write:
        write(_toml(_absolute(found)))
    return SearchResult(found, best, study.best_value, path, counts)


def _write_table(study: Any, config: Config, path: Path) -> None:
    assert config.search is not None
    places = list(config.search.space)
    with open_output(path) as write:
        write("\t".join(["trial", "state", config.training.monitor, *places]) + "\n")
        for trial in study.trials:
            value = "" if trial.value is None else f"{trial.value:.6g}"
            cells = [trial.params.get(place, "") for place in places]
            row = [trial.number, trial.state.name.lower(), value, *cells]
            write("\t".join(map(str, row)) + "\n")


def _absolute(config: Config) -> dict[str, Any]:
    """With the paths as they are from anywhere: the file lies in another folder."""
    config = dataclasses.replace(config, base=config.base.absolute())

    def place(path: str) -> str:
        return str(config.path(path))

    content = to_content(config)
    content["data"] |= with_paths(config.data, place) | {
        "path": place(config.data.path)
    }
    content["model"]["release"] = config.start
    content["folder"] = place(f"{config.folder}/{config.name}")
    return content


def _toml(content: dict[str, Any]) -> str:
    import tomli_w

    return tomli_w.dumps(_without_none(content))


def _without_none(value: Any) -> Any:
    """TOML has no null: a key that is not there has its default, None."""
    if isinstance(value, dict):
        return {k: _without_none(v) for k, v in value.items() if v is not None}
    if isinstance(value, (list, tuple)):
        return [_without_none(v) for v in value]
    return value
