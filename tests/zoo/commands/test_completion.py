"""The shell completes commands, options, and names of releases."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
seqzoo() {{ {python} -m zoo "$@"; }}
eval "$({python} -m argcomplete.scripts.register_python_argcomplete seqzoo)"
COMP_LINE={line}
COMP_WORDS=($COMP_LINE)
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
COMP_POINT=${{#COMP_LINE}}
COMP_TYPE=9
_python_argcomplete seqzoo
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("seqzoo ver", {"verify"}),
        ("seqzoo predict kmer_v", {"kmer_v1"}),
        ("seqzoo predict kme", {"kmer_v1"}),  # and no network without weights
        ("seqzoo export kme", {"kmer_v1"}),
        ("seqzoo summary kme", {"kmer", "kmer_v1"}),
        ("seqzoo summary bpn", {"bpnet", "bpnet_v1"}),
        ("seqzoo summary legn", {"legnet"}),
        ("seqzoo data describe x.fa --release kmer_v", {"kmer_v1"}),
        ("seqzoo predict kmer_v1 --w", {"--window", "--workers"}),
        ("seqzoo predict kmer_v1 --beyond d", {"drop"}),
        ("seqzoo predict kmer_v1 --fasta pea", {"peaks.fa"}),
        ("seqzoo info ./my_n", {"./my_net_v1/"}),
        ("seqzoo check-plugin kme", {"kmer"}),
        ("seqzoo list --architecture kme", {"kmer"}),
        ("seqzoo practice show wide_o", {"wide_or_deep"}),
    ],
)
def test_bash_completes(line: str, expected: set[str], tmp_path: Path) -> None:
    (tmp_path / "peaks.fa").touch()
    (tmp_path / "my_net_v1").mkdir()
    script = SCRIPT.format(python=shlex.quote(sys.executable), line=shlex.quote(line))
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, cwd=tmp_path
    )
    assert set(map(str.strip, done.stdout.splitlines())) == expected, done.stderr
