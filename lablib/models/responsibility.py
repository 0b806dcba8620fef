"""Who looks after what, on a server, in a container and on Lambda.

Source: AWS's shared responsibility model as the Lambda Developer Guide applies it (zip package, managed runtime),
with Amazon EC2 as the server and Amazon ECS on AWS Fargate as the container. Read 2026-11-23.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Place = Literal["server", "container", "lambda"]
Manager = Literal["You", "AWS"]

PLACES: Final[tuple[tuple[Place, str, str], ...]] = (
    ("server", "Server", "Amazon EC2"),
    ("container", "Container", "ECS on Fargate"),
    ("lambda", "Lambda", "zip, managed runtime"),
)
"""(key, name, what exactly is meant)."""


@dataclass(frozen=True)
class Duty:
    """One layer that somebody looks after.

    Attributes
    ----------
    name : str
        The layer, as the picture labels it.
    event : str
        Something that happens to it.
    managers : (str, str, str)
        "You" or "AWS" on a server, in a container, on Lambda: the order of `PLACES`.
    you_act, aws_acts : str
        What is done then, by you or by AWS.
    """

    name: str
    event: str
    managers: tuple[Manager, Manager, Manager]
    you_act: str
    aws_acts: str

    def manager(self, place: Place) -> Manager:
        """Who looks after this layer at `place`."""
        return self.managers[[key for key, _, _ in PLACES].index(place)]


DUTIES: Final[tuple[Duty, ...]] = (
    Duty("Code and permissions", "Your handler has a bug", ("You", "You", "You"),
         "you mend it and deploy again", ""),
    Duty("Libraries you package", "A library you package has a flaw", ("You", "You", "You"),
         "you package a newer one", ""),
    Duty("Memory and time limits", "Your code needs more memory", ("You", "You", "You"),
         "you choose a larger size", ""),
    Duty("Language runtime", "A security release of Python appears", ("You", "You", "AWS"),
         "you install it, or build the image again", "the managed runtime is patched for you"),
    Duty("Scaling with traffic", "Traffic grows tenfold", ("You", "You", "AWS"),
         "your scaling rules must add capacity in time",
         "more execution environments start, up to your concurrency limit"),
    Duty("Spread over Availability Zones", "An Availability Zone goes dark", ("You", "You", "AWS"),
         "it matters how you spread your copies", "the function keeps running in the Region's other Zones"),
    Duty("Operating system", "A flaw in Linux is published", ("You", "AWS", "AWS"),
         "you patch and restart", "the hosts are patched"),
    Duty("Servers: how many, alive", "A server stops answering", ("You", "AWS", "AWS"),
         "you replace it", "another host takes over"),
    Duty("Hardware, power, network", "A disk breaks", ("AWS", "AWS", "AWS"),
         "", "it is replaced in the data centre"),
)


def managed_by_you(place: Place) -> int:
    """How many of `DUTIES` are yours at `place`."""
    return sum(duty.manager(place) == "You" for duty in DUTIES)
