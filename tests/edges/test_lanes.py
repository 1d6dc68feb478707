"""Lanes: every task once, and neighbours by one worker as long as there is enough for all."""

from hypothesis import given, strategies as st

from cosmograd.runs.engines.lanes import Lanes


@given(st.integers(0, 60), st.lists(st.tuples(st.booleans(), st.integers(1, 4), st.integers(0, 9)), max_size=200))
def test_every_item_is_taken_once(count, steps):
    lanes, busy, taken = Lanes(range(count)), [], []
    for begins, most, which in [*steps, *[(True, 1, 0)] * count]:
        if begins and lanes.waiting:
            lane = lanes.begin()
            items = lanes.take(lane, most)
            assert items == list(range(items[0], items[0] + len(items)))
            taken += items
            busy.append(lane)
        elif busy:
            lanes.end(busy.pop(which % len(busy)))
    assert lanes.waiting == count - len(taken)
    assert sorted(taken) == list(range(count))


def test_two_workers_stay_in_their_halves():
    lanes = Lanes(range(10))
    own = [lanes.begin(), lanes.begin()]
    seen = [[], []]
    for worker in (0, 1, 1, 0, 1, 0, 0, 1):
        seen[worker] += lanes.take(own[worker], 1)
        lanes.end(own[worker])
        if lanes.waiting:
            own[worker] = lanes.begin()
    assert seen == [[0, 1, 2, 3], [5, 6, 7, 8]]
