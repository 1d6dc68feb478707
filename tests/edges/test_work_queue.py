"""The work queue: every task once, and neighbours by one worker as long as there is enough for all."""

from hypothesis import given, strategies as st

from cosmograd.runs.engines.work_queue import WorkQueue


@given(st.integers(0, 60), st.lists(st.tuples(st.booleans(), st.integers(1, 4), st.integers(0, 9)), max_size=200))
def test_every_item_is_taken_once(count, steps):
    queue, busy, taken = WorkQueue(range(count)), [], []
    for begins, most, which in [*steps, *[(True, 1, 0)] * count]:
        if begins and queue.waiting:
            entry = queue.begin()
            items = queue.take(entry, most)
            assert items == list(range(items[0], items[0] + len(items)))
            taken += items
            busy.append(entry)
        elif busy:
            queue.end(busy.pop(which % len(busy)))
    assert queue.waiting == count - len(taken)
    assert sorted(taken) == list(range(count))


def test_two_workers_stay_in_their_halves():
    queue = WorkQueue(range(10))
    own = [queue.begin(), queue.begin()]
    seen = [[], []]
    for worker in (0, 1, 1, 0, 1, 0, 0, 1):
        seen[worker] += queue.take(own[worker], 1)
        queue.end(own[worker])
        if queue.waiting:
            own[worker] = queue.begin()
    assert seen == [[0, 1, 2, 3], [5, 6, 7, 8]]
