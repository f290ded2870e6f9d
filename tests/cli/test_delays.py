"""How soon what died is brought back."""

from voronka.cli.delays import next_delay


def test_what_dies_is_brought_back_soon_then_later_and_later_and_soon_again():
    delays = [0.0]
    for _death in range(12):
        delays.append(next_delay(delays[-1], lived=1.0))
    # without a nursery nobody stops the database; orphans of the last one live about a second
    assert delays[1] < 0.5
    assert delays == sorted(delays)
    assert delays[-1] == delays[-2] <= 60
    assert next_delay(delays[-1], lived=3600.0) == 0
