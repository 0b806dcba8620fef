"""What a limit breaks, and what to use instead."""

from __future__ import annotations

import gzip
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import botocore
import pytest

from lablib.models import limits
from lablib.models.limits import QUOTAS, fits

NEEDS = sorted(inspect.signature(fits).parameters)
EACH = pytest.mark.parametrize("key", NEEDS)
WIRE = {"ValidationException", "RequestEntityTooLargeException"}
"""Errors that AWS sends and that its service model does not name."""


def test_every_need_is_a_quota() -> None:
    assert set(NEEDS) <= QUOTAS.keys() and len(NEEDS) == 16
    assert [key for key, quota in QUOTAS.items() if key != quota.key] == []


@EACH
def test_up_to_the_limit_it_fits_and_beyond_it_breaks(key: str) -> None:
    most = QUOTAS[key].most
    assert fits(**{key: most}) and not fits(**{key: most}).breaks
    found = fits(**{key: most + 0.5})
    assert not found and [broken.quota.key for broken in found.breaks] == [key]
    assert found.breaks[0].instead, "there is something to use instead"
    told = " ".join(repr(found).split())
    assert QUOTAS[key].beyond in told and key in told and max(map(len, repr(found).split("\n"))) <= 100


@pytest.mark.parametrize(
    ("key", "most"),
    [("duration_s", 900), ("memory_mb", 10_240), ("tmp_mb", 10_240), ("package_mb", 250), ("zipped_mb", 50), ("image_mb", 10_240),
     ("payload_mb", 6), ("event_mb", 1), ("streamed_mb", 200), ("environment_kb", 4), ("layers", 5), ("concurrency", 1_000),
     ("requests_per_s", 10_000), ("init_s", 10), ("policy_kb", 20), ("code_storage_gb", 300), ("reserved", 900),
     ("starts_per_10s", 1_000)],
)  # fmt: skip
def test_the_numbers_are_those_of_the_quotas_page(key: str, most: float) -> None:
    assert QUOTAS[key].most == most


def test_each_quota_says_what_happens_what_to_use_and_who_says_so() -> None:
    for quota in QUOTAS.values():
        assert quota.beyond and quota.instead and quota.name and not quota.beyond.endswith("."), quota.key
        assert re.match(r"DG|BOTO|Tagging AWS Resources User Guide", quota.source), quota.key
        assert all(other.source for other in quota.instead if other.up_to is not None), quota.key
        assert all(other.up_to > quota.most for other in quota.instead if other.up_to is not None), quota.key
        assert quota.key not in NEEDS or any(other.up_to is None for other in quota.instead), "however much it is"


def test_errors_have_the_names_that_aws_gives_them() -> None:
    packed = Path(botocore.__file__).parent / "data" / "lambda" / "2015-03-31" / "service-2.json.gz"
    shapes = json.loads(gzip.decompress(packed.read_bytes()))["shapes"]
    named = {name for quota in QUOTAS.values() for name in re.findall(r"\b\w+Exception\b", quota.beyond)}
    assert named - WIRE <= shapes.keys()


def test_alternatives_that_do_not_reach_are_left_out() -> None:
    image, fargate = "a container image of up to 10 GB", "a container on ECS with Fargate, or AWS Batch"
    assert image in fits(package_mb=300).breaks[0].instead
    assert image not in fits(package_mb=11_000).breaks[0].instead
    assert fits(duration_s=10 * 365 * 86_400).breaks[0].instead == (fargate,)
    hour, day = (fits(duration_s=seconds).breaks[0].instead for seconds in (3_600, 86_400))
    assert [what for what in hour if what not in day] == [
        "a function on Lambda Managed Instances, called asynchronously or by most event sources: 90 minutes",
        "a Lambda MicroVM: 8 hours",
    ]


def test_concurrency_follows_from_requests_and_duration() -> None:
    assert fits(requests_per_s=2_000, duration_s=0.5)
    found = fits(requests_per_s=2_000, duration_s=0.6)
    assert [(broken.quota.key, broken.needed) for broken in found.breaks] == [("concurrency", 1_200)]
    assert "1,200 (requests a second × seconds each), and the most is 1,000" in repr(found)
    assert fits(requests_per_s=2_000, duration_s=0.6, concurrency=10), "what is given is not worked out"
    short = fits(requests_per_s=20_000, duration_s=0.02)
    assert [broken.quota.key for broken in short.breaks] == ["requests_per_s"], "400 at once, and still ten a second for each"


@EACH
@pytest.mark.parametrize("bad", [-1, float("nan"), float("inf"), "5", True, [1]], ids=str)
def test_what_is_no_need_is_refused(key: str, bad: object) -> None:
    with pytest.raises(ValueError, match=f"{key} (takes a number, as in|must be)"):
        fits(**{key: bad})  # type: ignore[arg-type]


def test_nothing() -> None:
    with pytest.raises(ValueError, match="Name at least one thing"):
        fits()
    with pytest.raises(ValueError, match="memory_mb must be more than 0; it was given 0"):
        fits(memory_mb=0)
    assert repr(fits(layers=0)) == "It fits: 1 limit looked at, none broken."


def test_the_local_cloud_loads_the_numbers_alone() -> None:
    code = "import sys; from lablib.models import limits; print([n for n in sys.modules if 'models.limits.' in n])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
    with pytest.raises(AttributeError, match="no attribute 'FITS'"):
        limits.FITS  # noqa: B018
