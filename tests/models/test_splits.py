import numpy as np
import pytest

from models.mirror import mirrored
from models.splits import digest, examples, joined, split
from schemas.errors import ConfigError, DataError
from schemas.feature_sets import DEFAULT, chosen
from schemas.features import FEATURES, INDEX
from schemas.mirror import OF_100, SIGNED, UNSIGNED
from schemas.records import FEATURE, OUTCOME
from tests.models.builders import HORIZON_NS, SECOND_NS, generated


def _records(numbers=(11, 12, 13, 14)):
    features = np.zeros(len(numbers), FEATURE)
    features["number"], features["channel_ns"] = numbers, np.arange(len(numbers)) * SECOND_NS
    features["x"][:, 0] = numbers
    outcomes = np.zeros(2, OUTCOME)
    outcomes["row"], outcomes["label"], outcomes["channel_ns"] = [14, 12], [1, -1], [99, 98]
    return features, outcomes


def test_a_label_finds_its_row():
    found = examples(*_records())
    assert found.x[:, 0].tolist() == [12, 14]
    assert found.label.tolist() == [-1, 1]
    assert found.row_ns.tolist() == [SECOND_NS, 3 * SECOND_NS]
    assert found.matured_ns.tolist() == [98, 99]


def test_a_label_without_its_row_is_refused():
    features, outcomes = _records()
    with pytest.raises(DataError, match="labels of rows 12 to 14, but 3 rows"):
        examples(features[:3], outcomes)
    with pytest.raises(DataError, match="labels of rows"):
        examples(features[:0], outcomes)
    with pytest.raises(DataError, match="have holes"):
        examples(_records((11, 13, 14, 15))[0], outcomes)


def test_channels_are_joined_in_time():
    whole = joined([generated(1, 50, first=100), generated(2, 50, first=75)])
    assert (np.diff(whole.row_ns) >= 0).all()
    assert len(whole) == 100
    assert digest(whole) != digest(whole.where(np.arange(100) != 7))


def test_no_training_label_reaches_an_evaluated_row():
    whole = generated(1, 400)
    gap_ns = HORIZON_NS + DEFAULT.look_back_ns
    learned, judged = split(whole, 200 * SECOND_NS, gap_ns)
    assert learned.matured_ns.max() == 200 * SECOND_NS
    assert judged.row_ns.min() == 200 * SECOND_NS + gap_ns
    assert judged.row_ns.min() - DEFAULT.look_back_ns >= learned.matured_ns.max() + HORIZON_NS
    assert max(f.warm_up * f.width_ns for f in FEATURES) == DEFAULT.look_back_ns == 60 * SECOND_NS


@pytest.mark.parametrize(("at_s", "part"), [(5, "before"), (395, "after")])
def test_a_part_without_both_sides_is_refused(at_s, part):
    with pytest.raises(DataError, match=f"rows {part}"):
        split(generated(1, 400), at_s * SECOND_NS, HORIZON_NS)


def test_the_mirror_of_the_mirror_is_the_row():
    rows = generated(1, 20)
    seen = mirrored(rows)
    assert (seen.label == -rows.label).all()
    expected = {SIGNED: -rows.x, UNSIGNED: rows.x, OF_100: 100 - rows.x}
    for place, feature in enumerate(FEATURES):
        assert (seen.x[:, place] == expected[feature.mirror][:, place]).all(), feature.name
    assert np.allclose(mirrored(seen).x, rows.x, atol=1e-5)
    assert (rows.x[:, INDEX["return_1s"]] != seen.x[:, INDEX["return_1s"]]).any()


def test_in_the_mirror_the_two_directions_change_places():
    rows = generated(1, 20)
    seen = mirrored(rows, chosen(("plus_di_14_1s", "minus_di_14_1s")))
    assert (seen.x[:, 0] == rows.x[:, 1]).all()
    assert (seen.x[:, 1] == rows.x[:, 0]).all()
    with pytest.raises(ConfigError, match="needs minus_di_14_1s"):
        mirrored(rows, chosen(("plus_di_14_1s",)))
