"""Tests of products on one thread."""

from __future__ import annotations

import threadpoolctl

from zoo.interpretation.mutagenesis.one_thread import one_thread


def threads() -> set[int]:
    pools = threadpoolctl.threadpool_info()
    return {pool["num_threads"] for pool in pools if pool["user_api"] == "blas"}


def test_bodies_that_overlap_give_back_what_there_was() -> None:
    """In the order of two threads that begin one behind the other and end so."""
    with threadpoolctl.threadpool_limits(2, "blas"):
        first, second = one_thread(), one_thread()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert threads() == {1}
        second.__exit__(None, None, None)
        assert threads() == {2}
