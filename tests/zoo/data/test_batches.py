import json
import pickle

import keras
import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo import dna
from zoo.data import Examples, SequenceDataset
from zoo.data.examples import CodesInMemory
from zoo.errors import InputError

TENSORFLOW = keras.backend.backend() == "tensorflow"


def numbered(n, length=12, targets="number", weights=False, seed=0):
    """Random sequences; the target is the number of the row."""
    codes = np.random.default_rng(seed).integers(0, 5, (n, length), dtype=np.uint8)
    number = np.arange(n, dtype=np.float32)[:, None]
    return Examples(
        CodesInMemory(codes),
        targets=None if targets is None else number,
        outputs=() if targets is None else ("number",),
        sample_weight=number[:, 0] + 0.5 if weights else None,
    )


SETTINGS = st.fixed_dictionaries(
    {
        "batch_size": st.sampled_from([2, 4, 6, 50]),
        "shuffle": st.booleans(),
        "encoding": st.sampled_from(["one_hot", "codes"]),
        "reverse_complement": st.booleans(),
        "max_shift": st.integers(0, 12),
        "seed": st.integers(0, 2**32),
    }
)


def assert_equal(received, expected):
    assert len(received) == len(expected)
    for one, other in zip(received, expected, strict=True):
        assert len(one) == len(other)
        for part, same in zip(one, other, strict=True):
            assert part.dtype == same.dtype and part.shape == same.shape
            assert (part == same).all()


def stream(dataset, epochs):
    return [batch for _ in range(epochs) for batch in dataset]


@given(n=st.integers(1, 30), settings=SETTINGS)
def test_a_batch_is_the_rows_with_their_targets_and_weights(n, settings):
    examples = numbered(n, weights=True)
    dataset = SequenceDataset(
        examples, **settings | {"reverse_complement": False, "max_shift": 0}
    )
    for x, y, weight in dataset:
        rows = y[:, 0].astype(int)
        codes = examples.codes(rows)
        # Against a table, to be independent of the code under test.
        expected = np.eye(5, 4, dtype="f4")[codes]
        if settings["encoding"] == "codes":
            expected = codes
        assert x.dtype == expected.dtype and (x == expected).all()
        assert (weight == rows + 0.5).all()


@given(n=st.integers(1, 30), settings=SETTINGS, epoch=st.integers(0, 3), data=st.data())
def test_any_suffix_of_the_stream_is_bit_identical(n, settings, epoch, data):
    examples = numbered(n)
    dataset = SequenceDataset(examples, **settings)
    whole = stream(dataset, 5)
    step = data.draw(st.integers(0, dataset.steps_per_epoch))
    interrupted = SequenceDataset(examples, **settings)
    stream(interrupted, epoch)
    batches = iter(interrupted)
    for _ in range(step):
        next(batches)
    state = json.loads(json.dumps(interrupted.state()))
    rest = SequenceDataset(examples, **settings).resume(state)
    done = epoch * dataset.steps_per_epoch + step
    assert_equal(stream(rest, 5)[: len(whole) - done], whole[done:])
    repeated = interrupted.repeat()
    assert repeated.num_batches is None
    assert_equal([repeated[i] for i in range(len(whole) - done)], whole[done:])
    first = iter(repeated)
    assert_equal([next(first) for _ in range(len(whole) - done)], whole[done:])


@given(settings=SETTINGS, last=st.integers(0, 5))
def test_workers_see_together_what_one_sees(settings, last):
    n = 2 * settings["batch_size"] + last
    if last % settings["batch_size"] == 1:
        n += 1  # two workers, and one row for both
    whole = SequenceDataset(numbered(n), **settings)
    parts = [SequenceDataset(numbered(n), shard=(k, 2), **settings) for k in (0, 1)]
    assert_equal(stream(whole.sharded(1, 2), 2), stream(parts[1].at(0), 2))
    both = zip(*(stream(part, 2) for part in parts), strict=True)
    glued = [tuple(map(np.concatenate, zip(*pair, strict=True))) for pair in both]
    assert_equal(glued, stream(whole, 2))


def test_an_input_without_targets_is_one_of_a_kind():
    (batch,) = SequenceDataset(numbered(3, targets=None), encoding="codes")
    assert len(batch) == 1 and batch[0].shape == (3, 12)


def reverse_complement(codes):
    """By way of text, to be independent of the code under test."""
    return dna.encode(dna.decode(codes)[::-1].translate(str.maketrans("ACGT", "TGCA")))


def test_half_are_turned_with_their_profile_each_by_its_own_draw():
    codes = np.random.default_rng(0).integers(0, 5, (400, 30), dtype=np.uint8)
    profile = np.random.default_rng(1).random((400, 3, 2), dtype=np.float32)
    examples = Examples(CodesInMemory(codes), profile, ("a", "b"))
    before = profile.copy()
    dataset = SequenceDataset(
        examples, batch_size=100, reverse_complement=True, encoding="codes"
    )
    turned = []
    for number, (x, y) in enumerate(dataset):
        for i in range(100):
            row = 100 * number + i
            as_it_was = (x[i] == codes[row]).all()
            turned.append(not as_it_was)
            other = reverse_complement(codes[row])
            assert (x[i] == (codes[row] if as_it_was else other)).all()
            assert (y[i] == (profile[row] if as_it_was else profile[row, ::-1])).all()
    assert 150 < sum(turned) < 250  # 5 standard deviations
    assert (profile == before).all()


def test_shifts_are_uniform_and_bring_in_n():
    codes = np.random.default_rng(0).integers(0, 4, (600, 30), dtype=np.uint8)
    examples = Examples(CodesInMemory(codes))
    ((x,),) = SequenceDataset(examples, batch_size=600, max_shift=2, encoding="codes")
    padded = np.pad(codes, ((0, 0), (2, 2)), constant_values=4)
    places = np.stack([(x == padded[:, s : s + 30]).all(axis=1) for s in range(5)])
    assert (places.sum(axis=0) == 1).all()
    assert (places.sum(axis=1) > 70).all()  # 120 expected, 5 standard deviations


def regression():
    """Weights of plain SGD depend on the order of the batches."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.layers.Flatten(), keras.layers.Dense(1, use_bias=False)]
    )
    # A compiled step is traced for each size of a batch, and gains nothing here.
    model.compile(keras.optimizers.SGD(0.01), "mse", run_eagerly=True)
    return model


def fitted(*fits):
    """Weights after `model.fit` with each data set and these arguments."""
    model = regression()
    for dataset, arguments in fits:
        model.fit(dataset, verbose=0, **arguments)
    return model.get_weights()[0]


def by_hand(batches):
    """Weights after one step a batch."""
    model = regression()
    for batch in batches:
        model.train_on_batch(*batch)
    return model.get_weights()[0]


def fed(**changes):
    settings = {"batch_size": 4, "shuffle": True, "max_shift": 2}
    return SequenceDataset(numbered(30), **settings | changes)


class States(keras.callbacks.Callback):
    def __init__(self, dataset):
        super().__init__()
        self.dataset, self.states = dataset, []

    def on_epoch_end(self, epoch, logs=None):
        self.states.append(self.dataset.state())


@pytest.mark.parametrize("arguments", [{}, {"shuffle": False}])
def test_fit_trains_on_the_stream_whatever_order_keras_draws(arguments):
    expected = by_hand(stream(fed(), 2))
    other_order = by_hand(stream(fed(), 2)[::-1])
    assert np.abs(expected - other_order).max() > 0.01
    dataset = fed()
    states = States(dataset)
    arguments = {"epochs": 2, "callbacks": [states], **arguments}
    received = fitted((dataset, arguments))
    np.testing.assert_allclose(received, expected, atol=1e-5)
    assert states.states == [{"epoch": 1, "step": 0}, {"epoch": 2, "step": 0}]


def test_a_resumed_fit_ends_in_the_same_weights():
    whole = fitted((fed(), {"epochs": 3}))
    again = fed()
    parts = fitted(
        (again, {"epochs": 1}),  # and Keras may look at a batch before the first
        (again, {"epochs": 2, "initial_epoch": 1}),
        (fed().at(2), {"epochs": 3, "initial_epoch": 2}),
    )
    np.testing.assert_array_equal(whole, parts)


@pytest.mark.parametrize("steps", [4, 6])
def test_a_repeated_stream_takes_epochs_of_any_length(steps):
    batches = [batch for batch, _ in zip(fed().repeat(), range(24), strict=False)]
    arguments = {"epochs": 24 // steps, "steps_per_epoch": steps, "shuffle": False}
    received = fitted((fed().repeat(), arguments))
    np.testing.assert_allclose(received, by_hand(batches), atol=1e-5)


@pytest.mark.parametrize("arguments", [{}, {"shuffle": False}])
def test_an_epoch_is_not_cut_in_its_middle(arguments):
    with pytest.raises(InputError, match=r"batches.repeat\(\), steps_per_epoch=3"):
        fitted((fed(), {"epochs": 2, "steps_per_epoch": 3} | arguments))
    whole = fitted((fed(), {"epochs": 2, "steps_per_epoch": 8} | arguments))
    np.testing.assert_array_equal(whole, fitted((fed(), {"epochs": 2})))
    # The rest of an epoch has fewer batches, of which none is left out.
    with pytest.raises(InputError, match="2 of the 3 batches"):
        fitted((fed().at(0, 5), {"steps_per_epoch": 2} | arguments))


# What PyTorch tells NumPy of its tensors; pytest.warns gives on what it does not match.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_fewer_batches_of_validation_are_told():
    model = regression()
    arguments = {"validation_data": fed(), "validation_steps": 2, "verbose": 0}
    with pytest.warns(UserWarning, match="evaluate uses 2 of the 8 batches"):
        model.fit(fed(), **arguments)
    model.fit(fed(), **arguments | {"validation_data": fed().repeat()})
    for method, steps in ((model.evaluate, 3), (model.predict, 1)):
        with pytest.warns(UserWarning, match=f"{steps} of the 8 batches"):
            method(fed(), steps=steps, verbose=0)


def test_the_rest_of_an_epoch_needs_a_fit_of_its_own():
    dataset = SequenceDataset(numbered(30), batch_size=4).at(1, 5)
    assert len(dataset) == 3
    with pytest.raises(InputError, match=r"fit\(dataset.at\(2\), initial_epoch=2"):
        fitted((dataset, {"epochs": 2}))
    dataset = SequenceDataset(numbered(30), batch_size=4).at(1, 5)
    fitted((dataset, {"epochs": 1}))
    assert dataset.state() == {"epoch": 2, "step": 0}


def test_crosses_to_another_process():
    dataset = SequenceDataset(numbered(20), batch_size=4, shuffle=True).at(1, 2)
    other = pickle.loads(pickle.dumps(dataset))
    assert_equal(stream(other, 2), stream(dataset, 2))


def test_examples_make_batches():
    dataset = numbered(9).batches(4, shuffle=True, seed=3)
    expected = SequenceDataset(numbered(9), batch_size=4, shuffle=True, seed=3)
    assert_equal(stream(dataset, 1), stream(expected, 1))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"encoding": "onehot"}, "encoding"),
        ({"balance": "both"}, "balance"),
        ({"max_shift": 13}, "max_shift from 0 to the length 12"),
        ({"balance": "oversample", "shuffle": True}, "class numbers"),
    ],
)
def test_refuses_what_does_not_fit(changes, says):
    examples = numbered(10)
    examples.targets[3] = 0.5
    with pytest.raises(InputError, match=says):
        SequenceDataset(examples, **{"batch_size": 2} | changes)


def test_refuses_to_shift_a_profile_and_other_states():
    profile = Examples(
        CodesInMemory(np.zeros((4, 8), np.uint8)), np.zeros((4, 2, 1), "f4"), ("a",)
    )
    with pytest.raises(InputError, match="profile"):
        SequenceDataset(profile, max_shift=1)
    for place, says in (((0, 5), "step from 0 to 0"), ((-1,), "epoch of at least 0")):
        with pytest.raises(InputError, match=says):
            SequenceDataset(profile).at(*place)
    with pytest.raises(InputError, match="state"):
        SequenceDataset(profile).resume({"epoch": 1})
    with pytest.raises(IndexError, match="0 to 0"):
        SequenceDataset(profile)[1]


@pytest.mark.skipif(not TENSORFLOW, reason="a tf.data.Dataset needs TensorFlow")
class TestTensorFlow:
    @pytest.mark.parametrize("n", [1, 24, 31])
    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"encoding": "codes", "shuffle": True, "reverse_complement": True},
            {"shuffle": True, "max_shift": 3, "shard": (1, 2), "drop_remainder": True},
        ],
    )
    def test_same_batches_in_the_same_order(self, n, changes, monkeypatch):
        # 3 batches of 4 x 12 codes a chunk, so that there are several chunks.
        monkeypatch.setattr("zoo.data.batches_tensorflow._CHUNK_BYTES", 150)
        if n < 4 and "drop_remainder" in changes:
            n = 4
        dataset = SequenceDataset(numbered(n, weights=True), batch_size=4, **changes)
        for start in (dataset, dataset.at(1, dataset.steps_per_epoch // 2)):
            expected = stream(start.resume(start.state()), 3)
            converted = start.tensorflow(3)
            assert len(converted) == len(expected)
            spec = converted.element_spec[0]
            length = (12,) if changes.get("encoding") == "codes" else (12, 4)
            assert tuple(spec.shape[1:]) == length
            fixed = {len(batch[0]) for batch in expected}
            assert spec.shape[0] == (fixed.pop() if len(fixed) == 1 else None)
            for _ in range(2):  # each iteration begins anew
                received = [
                    tuple(part.numpy() for part in batch) for batch in converted
                ]
                assert_equal(received, expected)
            endless = start.tensorflow(None).take(len(expected))
            received = [tuple(part.numpy() for part in batch) for batch in endless]
            assert_equal(received, expected)

    def test_gives_the_same_fit(self):
        whole = fitted((fed(), {"epochs": 2}))
        endless = fed().tensorflow(None)
        arguments = {"epochs": 2, "steps_per_epoch": 8, "shuffle": False}
        tensors = fitted((endless, arguments))
        np.testing.assert_array_equal(whole, tensors)

    def test_no_shard_is_read_twice_by_tf_distribute(self):
        import tensorflow as tf

        converted = SequenceDataset(numbered(8)).tensorflow()
        policy = converted.options().experimental_distribute.auto_shard_policy
        assert policy == tf.data.experimental.AutoShardPolicy.OFF

    def test_an_error_while_rows_are_read_reaches_the_caller(self):
        class Broken(CodesInMemory):
            def gather(self, rows):
                if 20 in rows:
                    raise InputError("genome.fa changed")
                return super().gather(rows)

        codes = np.zeros((30, 300_000), np.uint8)
        dataset = SequenceDataset(Examples(Broken(codes)), batch_size=4)
        with pytest.raises(Exception, match=r"genome\.fa changed"):
            list(dataset.tensorflow())

    def test_refuses_no_epoch(self):
        with pytest.raises(InputError, match="epochs of at least 1"):
            SequenceDataset(numbered(8)).tensorflow(0)
