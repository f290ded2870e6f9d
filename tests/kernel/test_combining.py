"""What threads want at the same time is done by one of them, and nothing twice."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from voronka.kernel.combining import Combiner


class Bench:
    """Work whose first heap lasts until so many others wait."""

    def __init__(self, waiting, *, refuses=()):
        self.heaps = []
        self.waiting, self.refuses = waiting, refuses
        self.combiner = Combiner(self.work, most=16)

    def work(self, heap):
        self.heaps.append(list(heap))
        if len(self.heaps) == 1:
            pause = threading.Event()
            while len(self.combiner._waiting) < self.waiting:
                pause.wait(0.01)
        if any(one in self.refuses for one in heap):
            raise ValueError("refused")
        return [one * 10 for one in heap]


def test_who_comes_alone_is_a_heap_of_one():
    bench = Bench(0)
    assert [bench.combiner(1), bench.combiner(2)] == [10, 20]
    assert bench.heaps == [[1], [2]]


def test_those_who_wait_are_done_in_one_heap():
    bench = Bench(5)
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(bench.combiner, range(6))) == [0, 10, 20, 30, 40, 50]
    first, second = bench.heaps
    assert len(first) == 1
    assert sorted(first + second) == list(range(6))


def test_when_a_heap_fails_each_of_it_is_done_alone():
    bench = Bench(3, refuses={3})
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(bench.combiner, n) for n in range(4)]
    assert [one.result() for one in asked[:3]] == [0, 10, 20]
    with pytest.raises(ValueError, match="refused"):
        asked[3].result()
