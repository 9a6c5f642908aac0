"""`python -m tests.torture [numbers or words…]`: faults, bad input and attacks, done to the real commands."""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.torture.cases import CASES
from tests.torture.place import Lab
from tests.torture.runner import Result, choose, run_cases


def main() -> int:
    """Run the chosen cases; 0 if all are held."""
    asked = _arguments()
    cases = choose(CASES, asked.wanted)
    if asked.list:
        print("\n".join(f"{each.fault:>3}  {each.sentence}" for each in cases))
        return 0
    started = time.monotonic()
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="finetrace-torture-") as folder:
        for result in run_cases(cases, Lab(Path(folder).resolve(), full=asked.full), asked.jobs):
            results.append(result)
            mark = "✓" if result.held else "✗"
            why = "" if result.held else f"\n       {result.why}"
            print(f"{mark} {result.case.fault:>3}  {result.case.sentence}  ({result.seconds:.1f} s){why}", flush=True)
    held = sum(each.held for each in results)
    print(f"{held}/{len(results)} held in {time.monotonic() - started:.0f} s")
    if asked.json:
        asked.json.write_text(json.dumps(_as_json(results), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0 if results and held == len(results) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument(
        "wanted", nargs="*", help="numbers of faults (7, 26-29) or words of the sentences; default: all"
    )
    parser.add_argument("--full", action="store_true", help="8 × 25 registrations instead of a few")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="cases at a time")
    parser.add_argument("--list", action="store_true", help="show the cases and do nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there as well")
    return parser.parse_args()


def _as_json(results: list[Result]) -> dict[str, object]:
    rows = [
        {"fault": each.case.fault, "sentence": each.case.sentence, "held": each.held, "why": each.why}
        for each in sorted(results, key=lambda each: (each.case.fault, each.case.sentence))
    ]
    return {"held": sum(each.held for each in results), "total": len(results), "cases": rows}


if __name__ == "__main__":
    sys.exit(main())
