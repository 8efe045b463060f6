"""How far a training is, how fast, and how long it will take, on standard error."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import keras

from zoo.files.progress import SECONDS_BETWEEN_DRAWINGS, Display, duration
from zoo.training.distribution.strategy import is_chief

if TYPE_CHECKING:
    from zoo.training.checkpointing.checkpoints import Checkpoint


class Progress(keras.callbacks.Callback):
    """A bar of the whole run on a terminal; elsewhere one line per epoch, for logs.

        epoch 3/20  loss 0.4213  val_loss 0.4406  val_auroc 0.8731  12,345 sequences/s
        4 min left

    (one line). Speed is that of the steps of the epoch, without validation and without
    the run's first step, which compiles; the time left counts validation and
    checkpoints, too. Workers other than the chief are silent. It looks at no value of
    the device itself: it is shown what Keras reads for its own bar.

    Args:
        sequences: How many an epoch trains on; None gives the speed in steps.
        monitor: A name of the logs that is shown beside the losses.
        checkpoint: That given to `zoo.training.fit`: it knows where a run goes on.
        members: Number of this one, from 1, and how many are trained one after the
            other: time left is that of all.
        terminal: Whether standard error is one; None finds out.
        write: Takes the lines; by default standard error.
        clock: Seconds.
    """

    # Keras then calls `on_train_batch_end` in another thread, where the backend can
    # have that, and does not wait for the device in each step.
    async_safe = True

    def __init__(
        self,
        sequences: int | None = None,
        *,
        monitor: str = "val_loss",
        checkpoint: Checkpoint | None = None,
        members: tuple[int, int] = (1, 1),
        terminal: bool | None = None,
        write: Callable[[str], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.sequences, self.monitor, self.checkpoint = sequences, monitor, checkpoint
        self.members = members
        self._terminal, self._clock = terminal, clock
        self._write = write
        self._display: Display | None = None  # of workers other than the chief
        self._guard = threading.Lock()
        self._steps = self._epochs = 1
        self._done = 0

    def on_train_begin(self, logs: Any = None) -> None:
        """Shows the bar."""
        self._steps = int(self.params.get("steps") or 1)
        self._epochs = int(self.params.get("epochs") or 1)
        self._compiled = False
        self._counted = self._ended = 0  # steps, and ends of epochs, of which
        self._training = self._between = self._drawn = 0.0  # are the seconds known
        self._values: dict[str, float] = {}
        self._speed_before = ""
        self._start(0)
        if is_chief(self.model):
            self._display = Display(
                self._epochs * self._steps,
                stays=True,
                terminal=self._terminal,
                write=self._write,
            )
            self._draw()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Starts the clock of the epoch."""
        self._start(epoch)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Learns where an epoch goes on that an earlier run began."""
        if batch == 0 and self.checkpoint is not None:
            self._offset = self.checkpoint.first_step

    def on_train_batch_end(
        self, batch: int, logs: Mapping[str, Any] | None = None
    ) -> None:
        """Counts a step; draws a few times a second."""
        with self._guard:
            # Steps may be told of out of order, and several at a time.
            self._done = max(self._done, batch + 1)
            self._now = self._clock()
            if not self._compiled:
                self._compiled = True
                self._began, self._uncounted = self._now, self._done
            if self._now - self._drawn < SECONDS_BETWEEN_DRAWINGS:
                return
            self._drawn = self._now
            self._values.update(logs or {})
            self._draw()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Writes the line of the epoch."""
        with self._guard:
            counted, seconds = self._epoch_so_far()
            self._counted += counted
            self._training += seconds
            self._ended += 1
            self._between += self._clock() - self._now
            self._values = {name: float(value) for name, value in (logs or {}).items()}
            self._speed_before = self._speed(counted, seconds)
            words = [self._where(), self._losses(), self._speed_before]
            self._start(epoch + 1)
            self._draw()
            if self._display is not None:
                self._display.line(*words, self._left())

    def on_train_end(self, logs: Any = None) -> None:
        """Takes the bar away; the line of what it was at the end stays."""
        self.close()

    def close(self) -> None:
        """Takes the bar away where training was broken off."""
        if self._display is not None:
            self._display.close()
            self._display = None

    def _start(self, epoch: int) -> None:
        self._epoch, self._offset, self._done, self._uncounted = epoch, 0, 0, 0
        self._began = self._now = self._clock()

    def _epoch_so_far(self) -> tuple[int, float]:
        """Steps of this epoch whose time is known, and the time."""
        return self._done - self._uncounted, self._now - self._began

    def _where(self) -> str:
        number, count = self.members
        member = f"member {number}/{count}, " if count > 1 else ""
        return f"{member}epoch {min(self._epoch + 1, self._epochs)}/{self._epochs}"

    def _losses(self) -> str:
        names = dict.fromkeys(("loss", "val_loss", self.monitor))
        return "  ".join(
            f"{name} {self._values[name]:.4f}" for name in names if name in self._values
        )

    def _speed(self, steps: int, seconds: float) -> str:
        if not steps or seconds <= 0:
            return ""
        if self.sequences is None:
            return f"{steps / seconds:,.1f} steps/s"
        return f"{steps / seconds * self.sequences / self._steps:,.0f} sequences/s"

    def _left(self) -> str:
        steps, seconds = self._epoch_so_far()
        steps, seconds = steps + self._counted, seconds + self._training
        if not steps:
            return ""
        step = seconds / steps
        end = self._between / max(self._ended, 1)
        left = (self._epochs - self._epoch) * (self._steps * step + end)
        left -= (self._offset + self._done) * step
        number, count = self.members
        left += (count - number) * self._epochs * (self._steps * step + end)
        return f"{duration(left)} left" if left > 0 else ""

    def _draw(self) -> None:
        if self._display is None or not self._display.on_terminal:
            return
        within = min(self._offset + self._done, self._steps)
        self._display.draw(
            min(self._epoch, self._epochs) * self._steps + within,
            self._where(),
            f"step {within:,}/{self._steps:,}" if within else "",
            self._losses(),
            self._speed(*self._epoch_so_far()) or self._speed_before,
            self._left(),
        )
