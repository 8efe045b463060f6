"""Do the architectures, recipes and releases of other packages work?"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata

from registry import plugins, sources
from registry.architectures import OWN, SESSION, Architecture, list_architectures
from registry.errors import ReleaseError
from registry.functions import NamedFunction
from registry.recipes import list_recipes
from registry.releases import read_location
from zoo.doctor.findings import Finding

PROBES_AT_ONCE = 4  # each may import Keras and its backend


def findings(*, probe: bool) -> Iterator[Finding]:
    """One finding for each architecture or recipe that does not work, one for all.

    Args:
        probe: Import each, in a process of its own.
    """
    others: list[NamedFunction] = [*list_architectures(), *list_recipes()]
    others = [one for one in others if one.provider not in (OWN, SESSION)]
    problems = {a.target: a.problem for a in others if a.problem is not None}
    if probe:
        targets = sorted({a.target for a in others} - problems.keys())
        with ThreadPoolExecutor(PROBES_AT_ONCE) as pool:
            outcomes = pool.map(plugins.probe, targets)
            problems |= {t: o for t, o in zip(targets, outcomes, strict=True) if o}
    broken = [a for a in others if a.target in problems]
    for one in broken:
        what = f"{one.name} of {one.provider} ({one.target}): {problems[one.target]}"
        advice = (
            f"Update, repair or uninstall {one.provider}; other names are not affected."
        )
        if isinstance(one, Architecture):
            advice += f" Its author runs seqzoo check-plugin {one.name}."
        yield Finding("plugins", "problem", what, advice)
    what = f"{len(others) - len(broken)} of {len(others)} architectures and recipes of "
    what += "other packages "
    what += "import" if probe else "have a module; none was imported"
    yield Finding("plugins", "ok", what)


def releases() -> Iterator[Finding]:
    """Places of releases that cannot be found, releases that cannot be read."""
    for point in metadata.entry_points(group=sources.GROUP):
        if sources.package_folder(point.value) is None:
            provider = point.dist.name if point.dist else point.name
            what = f"{provider}: its package {point.value} cannot be found"
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
