"""Do the architectures and releases of other packages work?"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata

from registry import plugins, sources
from registry.architectures import OWN, SESSION, list_architectures
from registry.errors import ReleaseError
from registry.releases import read_location
from zoo.doctor.findings import Finding

PROBES_AT_ONCE = 4  # each may import Keras and its backend


def findings(*, probe: bool) -> Iterator[Finding]:
    """One finding for each architecture that does not work, or one for all.

    Args:
        probe: Import each, in a process of its own.
    """
    known = list_architectures()
    others = [a for a in known if a.provider not in (OWN, SESSION)]
    if not any(a.provider == OWN for a in known):
        advice = "Install seqzoo again: its metadata is missing or damaged."
        yield Finding("plugins", "problem", "seqzoo's own names are unknown", advice)
    problems = {a.target: a.problem for a in others if a.problem is not None}
    if probe:
        targets = sorted({a.target for a in others} - problems.keys())
        with ThreadPoolExecutor(PROBES_AT_ONCE) as pool:
            outcomes = pool.map(plugins.probe, targets)
            problems |= {t: o for t, o in zip(targets, outcomes, strict=True) if o}
    for one in others:
        if problem := problems.get(one.target):
            what = f"{one.name} of {one.provider} ({one.target}): {problem}"
            advice = (
                f"Update, repair or uninstall {one.provider}; other names are not "
                f"affected. Its author runs seqzoo check-plugin {one.name}."
            )
            yield Finding("plugins", "problem", what, advice)
    yield from _shared_names({(a.name, a.provider) for a in known})
    broken = sum(a.target in problems for a in others)
    what = f"{len(others) - broken} of {len(others)} architectures of other packages"
    what += " import" if probe else " have a module; none was imported"
    yield Finding("plugins", "ok", what)


def _shared_names(known: set[tuple[str, str]]) -> Iterator[Finding]:
    providers: dict[str, list[str]] = {}
    for name, provider in sorted(known):
        providers.setdefault(name, []).append(provider)
    for name, several in providers.items():
        if len(several) > 1:
            spellings = " or ".join(f"{provider}:{name}" for provider in several)
            what = f"{name} is the name of {len(several)} architectures"
            yield Finding("plugins", "warning", what, f"Write {spellings}.")


def releases() -> Iterator[Finding]:
    """Places of releases that are not to be found, releases that cannot be read."""
    for point in metadata.entry_points(group=sources.GROUP):
        if sources.package_folder(point.value) is None:
            provider = point.dist.name if point.dist else point.name
            what = f"{provider}: its package {point.value} is not to be found"
            advice = f"Update, repair or uninstall {provider}."
            yield Finding("releases", "problem", what, advice)
    locations = sources.list_releases()
    broken = 0
    for location in locations:
        try:
            read_location(location)
        except ReleaseError as error:
            broken += 1
            advice = f"Install {location.provider} again, or ask its authors."
            what = f"{location.name} of {location.provider}: {error}"
            yield Finding("releases", "problem", what, advice)
    what = f"{len(locations) - broken} of {len(locations)} installed releases are read"
    yield Finding("releases", "ok", what)
