"""Checks vectors/similarity.json with an implementation of its own, written from the description of the weights."""

import json
import pathlib
from fractions import Fraction

import pytest

VECTORS = json.loads((pathlib.Path(__file__).parent.parent / "vectors" / "similarity.json").read_text("utf-8"))

LEVELS = [
    (16, {"machine_id": 15, "model": 2, "os_family": 1, "architecture": 1, "app_id": 1}),
    (3, {"os_version": 1, "processor_class": 1, "memory_class": 1}),
]
NAMED = {name for _, weights in LEVELS for name in weights}


def similarity(one: dict, other: dict) -> Fraction:
    a, b = one["signals"], other["signals"]
    there = set(a) | set(b)
    score = possible = Fraction(0)
    for share, weights in [*LEVELS, (1, dict.fromkeys(there - NAMED, 1))]:
        if total := sum(weight for name, weight in weights.items() if name in there):
            alike = sum(weight for name, weight in weights.items() if name in there and a.get(name) == b.get(name))
            score += Fraction(share * alike, total)
            possible += share
    return score / possible if possible else Fraction(1)


@pytest.mark.parametrize("pair", VECTORS["pairs"], ids=lambda pair: f"{pair['one']} / {pair['other']}")
def test_similarities_are_those_of_the_vectors(pair):
    found = similarity(VECTORS["devices"][pair["one"]], VECTORS["devices"][pair["other"]])
    assert float(found) == pytest.approx(pair["similarity"], abs=1e-9)
    assert (found >= Fraction(4, 5)) == pair["same_device"]
