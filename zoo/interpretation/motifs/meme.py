"""Motif files in the MEME format (minimal, and MEME's own text output)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from zoo.dna import ALPHABET
from zoo.errors import InputError
from zoo.files.inputs import Input, source_name
from zoo.files.output import open_output
from zoo.interpretation.motifs.background import UNIFORM, Background, base_frequencies
from zoo.interpretation.motifs.lines import Line, numbers, read_lines
from zoo.interpretation.motifs.motif import (
    DEFAULT_NUM_SITES,
    Motif,
    are_probabilities,
    check_motifs,
)

_EXPECTED = "a MEME motif file"
_QUOTED = re.compile(r'"[^"]*"')
_PAIR = re.compile(r"(\w+)=\s*(\S+)")
_ROW = re.compile(r"[+-]?(\d|\.|(nan|inf|infinity)\b)", re.IGNORECASE)


def read_meme(path: Input) -> list[Motif]:
    """Reads all motifs of a file in the MEME format, plain or gzip.

    Read are "MEME version", "ALPHABET", "Background letter frequencies" and, for
    each "MOTIF", its "letter-probability matrix:" with "alength=", "w=" and
    "nsites=" (20 if missing, as in MEME). Strands, log-odds matrices, addresses and
    whatever else MEME prints are passed over.

    Args:
        path: A path, "-" for standard input, or a binary stream.

    Returns:
        Motifs in the order of the file, at least one.

    Raises:
        InputError: With file and line: no MEME file, another alphabet, a matrix that
            is cut short, too long or not of probabilities, or no motif.

    Source:
        Bailey et al. 2015 (MEME Suite), doi:10.1093/nar/gkv416, and its format page
        "MEME Motif Format".
    """
    lines = read_lines(path, _EXPECTED)
    if not any(line.text.startswith("MEME version") for line in lines):
        first = next(line for line in lines if line.text)
        hint = " It looks like JASPAR: use read_jaspar." * first.text.startswith(">")
        raise InputError(
            f"{first.where}: expected {_EXPECTED}, which begins with 'MEME version 4'. "
            f"Received: {first.text[:40]!r}.{hint}"
        )
    motifs = list(_motifs(lines))
    if not motifs:
        raise InputError(
            f"{source_name(path)}: expected at least one line 'MOTIF identifier name' "
            "with a letter-probability matrix below it. Received: none."
        )
    return motifs


def write_meme(motifs: Sequence[Motif], path: str | Path) -> None:
    """Writes motifs in the minimal MEME format, which `read_meme` reads.

    Probabilities have six digits; motifs without an identifier have their name for it,
    and spaces in either become "_".

    Args:
        motifs: At least one. The background of the first is written, as the format has
            one for all.
        path: A path, or "-" for standard output.

    Raises:
        InputError: No motif.
        OSError: The file cannot be written.

    Source:
        As `read_meme`.
    """
    check_motifs(motifs)
    if not motifs:
        raise InputError("Expected at least one motif to write. Received: none.")
    background = base_frequencies(motifs[0].background)
    pairs = zip(ALPHABET, background, strict=True)
    lines = [
        "MEME version 4\n",
        f"ALPHABET= {ALPHABET}\n",
        "strands: + -\n",
        "Background letter frequencies",
        " ".join(f"{base} {share:.6f}" for base, share in pairs) + "\n",
    ]
    for motif in motifs:
        name, identifier = ("_".join(t.split()) for t in (motif.name, motif.identifier))
        lines += [
            f"MOTIF {identifier or name} {name}",
            f"letter-probability matrix: alength= 4 w= {motif.width} "
            f"nsites= {motif.num_sites:g} E= 0",
            *(" ".join(f"{p:.6f}" for p in row) for row in motif.probabilities),
            "",
        ]
    with open_output(path) as write:
        write("\n".join(lines))


def _motifs(lines: Sequence[Line]) -> Iterator[Motif]:
    background: Background = UNIFORM
    header: Line | None = None
    for index, line in enumerate(lines):
        if line.text.startswith("ALPHABET"):
            _check_alphabet(line, lines[index + 1 :])
        elif line.text.startswith("Background letter frequencies"):
            background = _background(line, lines[index + 1 :])
        elif line.text.startswith("MOTIF"):
            if header is not None:
                raise _without_matrix(header)
            header = line
        elif line.text.startswith("letter-probability matrix:"):
            if header is None:
                raise InputError(
                    f"{line.where}: expected a line 'MOTIF identifier name' above each "
                    "matrix. Received: a matrix without one."
                )
            rows = list(_rows(line, lines[index + 1 :]))
            yield _motif(header, line, rows, background)
            header = None
    if header is not None:
        raise _without_matrix(header)


def _without_matrix(header: Line) -> InputError:
    named = " ".join(header.text.split()[:2])[:60]
    return InputError(
        f"{header.where}: expected a letter-probability matrix for {named!r}. "
        "Received: none; the file may be cut short."
    )


def _check_alphabet(line: Line, following: Sequence[Line]) -> None:
    """ACGT, or MEME's definition of an alphabet whose core symbols are these."""
    alphabet = line.text.removeprefix("ALPHABET").lstrip("= ")
    if '"' in alphabet or alphabet.endswith("-LIKE"):
        core = _core_symbols(following)
        known = core == "ACGT" or (not core and alphabet.startswith(('"DNA"', "DNA-")))
    else:
        core, known = alphabet, alphabet == "ACGT"
    if not known:
        rna = "U" in core or "RNA" in alphabet
        hint = " RNA: convert it first (meme2meme -dna)." if rna else ""
        raise InputError(
            f"{line.where}: expected 'ALPHABET= ACGT', or an alphabet whose core "
            f"symbols are A C G T. Received: {line.text[:60]!r} {core[:30]}. Filters "
            f"read DNA.{hint}"
        )


def _core_symbols(following: Sequence[Line]) -> str:
    """Of a definition up to "END ALPHABET", sorted, as columns are; "" without one."""
    ends = [n for n, line in enumerate(following) if line.text == "END ALPHABET"]
    if not ends:
        return ""
    found: set[str] = set()
    for line in following[: ends[0]]:
        text = _QUOTED.sub("", line.text).partition("#")[0]
        # Core: `A "Adenine" CC0000 ~ T "Thymine" 008000`; others: `N "Any" = ACGT`.
        if "=" not in text:
            found |= {side.strip()[0] for side in text.split("~") if side.strip()}
    return "".join(sorted(found))


def _background(header: Line, following: Sequence[Line]) -> Background:
    """The frequencies "A 0.3 C 0.2 G 0.2 T 0.3", on one line or more."""
    words: list[str] = []
    for line in itertools.takewhile(lambda line: line.text, following):
        if len(words) < 8:
            words += line.text.split()
    shown = " ".join(words)[:60]
    if words[::2] != list("ACGT"):
        raise InputError(
            f"{header.where}: expected frequencies below this line, as "
            f"'A 0.25 C 0.25 G 0.25 T 0.25'. Received: {shown!r}."
        )
    frequencies = np.array(numbers(words[1::2], header.where))
    if (
        len(frequencies) != 4
        or not are_probabilities(frequencies)
        or not frequencies.all()
    ):
        raise InputError(
            f"{header.where}: expected four positive frequencies below this line whose "
            f"sum is 1. Received: {shown!r}."
        )
    return frequencies / frequencies.sum()


def _rows(header: Line, following: Sequence[Line]) -> Iterator[list[float]]:
    """The rows of the matrix; checks their number where "w=" gives it."""
    given = dict(_PAIR.findall(header.text))
    if given.get("alength", "4") != "4":
        raise InputError(
            f"{header.where}: expected alength= 4, for A C G T. "
            f"Received: alength= {given['alength'][:40]}."
        )
    lines = list(itertools.takewhile(lambda line: _ROW.match(line.text), following))
    for line in lines:
        cells = line.text.split()
        if len(cells) != 4:
            raise InputError(
                f"{line.where}: expected 4 probabilities, for A C G T. "
                f"Received: {line.text[:60]!r}."
            )
        yield numbers(cells, line.where)
    count = str(len(lines))
    if not lines or given.get("w", count) != count:
        raise InputError(
            f"{(lines or [header])[-1].where}: expected w= "
            f"{given.get('w', '1 or more')[:40]} rows of probabilities for this "
            f"matrix. Received: {count}; the file may be cut short."
        )


def _motif(
    header: Line, line: Line, rows: list[list[float]], background: Background
) -> Motif:
    words = header.text.split()
    if len(words) < 2:
        raise InputError(f"{header.where}: expected 'MOTIF identifier name'.")
    given = dict(_PAIR.findall(line.text))
    num_sites = numbers([given.get("nsites", "0")], line.where)[0]
    try:
        return Motif.from_probabilities(
            words[2] if len(words) > 2 else words[1],
            rows,
            # MEME writes nsites= 0 for matrices that were not counted on sites.
            num_sites=num_sites or DEFAULT_NUM_SITES,
            identifier=words[1],
            background=background,
        )
    except InputError as error:
        raise InputError(f"{line.where}: {error}") from None
