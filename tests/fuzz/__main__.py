"""`python -m tests.fuzz [SECONDS [SEED]]`: cases from SEED upwards until the time is over; exit code 1 at a finding."""

import sys
import time
import traceback
from collections import Counter

import schemas
from consumer.event.decode import Decoder
from tests.fuzz.cases import case
from tests.fuzz.oracle import answer

FORGET = 2000  # cases after which the writer schemas are forgotten, for the sake of memory


def fuzz(seconds: float, seed: int) -> Counter[str]:
    """Runs cases until the time is over; how often each answer came. AssertionError names the seed of a finding."""
    answers, end = Counter[str](), time.monotonic() + seconds
    while time.monotonic() < end:
        if answers.total() % FORGET == 0:
            decoder = Decoder(schemas.all_schemas())
        try:
            answers[answer(decoder, case(seed))] += 1
        except Exception as error:
            error.add_note(f"again: make fuzz SECONDS=1 SEED={seed}")
            raise
        seed += 1
    return answers


def main() -> int:
    """The exit code."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() // 1_000_000
    print(f"SEED={seed}", flush=True)
    try:
        answers = fuzz(seconds, seed)
    except Exception:  # noqa: BLE001 whatever it is, it is the finding
        traceback.print_exc()
        return 1
    for word, number in answers.most_common():
        print(f"{number:8} {word}")
    print(f"{answers.total()} records, nothing found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
