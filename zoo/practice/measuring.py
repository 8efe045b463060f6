"""Run as a program: builds the network of a design, and prints what it sees and costs.

The network is the user's and may be large: it is built where memory and time end.
"""

from __future__ import annotations

from typing import Any

from zoo.practice.answering import main


def measure(job: dict[str, Any]) -> dict[str, Any]:
    """Receptive field, parameters and multiply-adds; or why it cannot be built."""
    from zoo.errors import SeqzooError, said
    from zoo.inspection.summaries import summary

    try:
        found = summary(
            job["architecture"], job["sequence_length"], config=job["config"]
        )
    except (SeqzooError, MemoryError) as error:
        return {"problem": said(error) or "The network cannot be built: memory"}
    return {
        "receptive_field": found.local_span,
        "parameters": found.trainable_parameters,
        "multiply_adds": found.multiply_adds,
    }


if __name__ == "__main__":
    main(measure)
