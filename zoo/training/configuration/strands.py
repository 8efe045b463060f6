"""Which bigWig files are the two strands of one experiment, by their names."""

from __future__ import annotations

from zoo.errors import InputError
from zoo.training.configuration.config import Config, ConfigError, Data


def check_strands(config: Config, where: str) -> None:
    """Refuses strands that do not trade places where sequences are turned."""
    from zoo.data.strand_pairing import other_strand

    for name, tracks in _tracks(config.data).items():
        known = {track.lower() for track in tracks}
        paired = name in config.training.partners
        if not paired and not known.isdisjoint(map(other_strand, tracks)):
            raise ConfigError(
                f"{where}: expected the partners on the other strand of "
                f"{', '.join(tracks)}, with reverse_complement = true. Received none "
                f'for {name!r}. pairing = "strands" goes by these names.'
            )


def _tracks(data: Data) -> dict[str, list[str]]:
    """Names of the bigWig files of the targets and of each input."""
    from zoo.data.sources.intervals import tracks_of

    files = {"targets": data.keywords.get("signals") or ()}
    files |= data.keywords.get("input_signals") or {}
    return {name: [*tracks_of(some)] for name, some in files.items()}


def pairing_by_name(data: Data, where: str) -> dict[str, tuple[int, ...]]:
    """That of the strands that names say, of the targets and of inputs with strands."""
    from zoo.data.strand_pairing import other_strand, strand_pairing

    names = _tracks(data)
    if not names["targets"]:
        raise ConfigError(f"{where}: expected data.signals to pair. Received none.")
    for name in [*names][1:]:
        if not any(map(other_strand, names[name])):
            del names[name]
    try:
        return {name: strand_pairing(every) for name, every in names.items()}
    except InputError as error:
        raise ConfigError(f"{where}: {error}") from None
