"""How long a listener waits for what, in seconds.

Thread: any.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Times of listening; tests shorten them.

    Attributes:
        quick_s: Before a stream that broke is opened again for the first time.
        base_s: Before the next attempt, twice as long before each further one, at most `longest_s`. Ten minutes of
            refusals make at most 12 attempts.
        longest_s: See `base_s`.
        exhausted_s: Before the first attempt after a quota was used up.
        healthy_s: A stream or target that was well for so long has its failures forgotten.
        trusted_s: A target whose count was right for so long has its wrong counts forgotten; each costs a full reading.
        announce_s: A break that is mended within this time is not told.
        answer_s: The server says something on a new stream, or on one that is asked whether it is alive, within this
            time.
        silence_s: A stream that was silent for so long is asked. The server itself says something every 30 s
            (https://github.com/googleapis/nodejs-firestore/pull/1220).
        stuck_s: A target on a living stream whose first documents do not come on for so long is asked for again.
        place_s: Before a place for another stream is looked for again.
        page_s: Before a page that could not be read is asked for again; then the collection can't be read for now.
        tick_s: How often the above is looked at.
    """

    quick_s: float = 0.25
    base_s: float = 1.0
    longest_s: float = 120.0
    exhausted_s: float = 10.0
    healthy_s: float = 10.0
    trusted_s: float = 600.0
    announce_s: float = 1.0
    answer_s: float = 15.0
    silence_s: float = 45.0
    stuck_s: float = 120.0
    place_s: float = 5.0
    page_s: tuple[float, ...] = (0.3, 1.0)
    tick_s: float = 0.5

    def wait_s(self, failures: int, code: str, random: float) -> float:
        """Before the attempt after that many failures in a row; `random` in [0, 1) takes off up to a fifth."""
        wait = min(self.base_s * 2.0 ** min(failures - 1, 30), self.longest_s)
        if code == "exhausted":
            wait = max(wait, self.exhausted_s)
        return wait * (1.0 - 0.2 * random)
