"""How long to wait before bringing back what died: soon the first time, then later and later."""

_STEADY = 20.0  # seconds; what lived so long is brought back at once
_LONGEST = 20.0  # seconds between two starts of what keeps dying


def next_delay(delay: float, *, lived: float) -> float:
    """Return the seconds before the next start, from those before the last one."""
    return 0.0 if lived > _STEADY else min(_LONGEST, delay * 2 + 0.2)
