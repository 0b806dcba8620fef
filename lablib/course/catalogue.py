"""The seventeen labs of the course, and the map of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lablib.course.labs import LAB_NUMBERS, exercises_of
from lablib.course.progress import Progress
from lablib.view.coursemap import LabTile
from lablib.view.coursemap import course_map as draw_map
from lablib.view.picture import Picture


@dataclass(frozen=True)
class LabCard:
    """One lab.

    Attributes
    ----------
    slug : str
        The notebook's name without its ending: "00-start-here".
    title, makes : str
        The title, and what the learner makes.
    """

    slug: str
    title: str
    makes: str

    @property
    def number(self) -> str:
        return self.slug[:2]

    @property
    def exercises(self) -> tuple[str, ...]:
        """The ids of its exercises; empty for a lab that is planned."""
        return tuple(exercise.id for exercise in exercises_of(self.number))

    @property
    def written(self) -> bool:
        return self.number in LAB_NUMBERS


LABS: Final[tuple[LabCard, ...]] = (
    LabCard("00-start-here", "Meet the lab", "a function that answers"),
    LabCard("01-first-function", "Deploy and invoke your first function",
            "a handler with event and context, zipped and created by hand"),
    LabCard("02-events", "Let events call your function", "an S3 handler that survives spaces and accents in keys"),
    LabCard("03-runtimes", "Run seven languages on one Runtime API", "a custom runtime of your own"),
    LabCard("04-scaling", "Watch Lambda scale out",
            "the concurrency a service needs, and a limit that protects a database"),
    LabCard("05-state", "Keep state outside the function", "a counter that counts right, and a payment charged once"),
    LabCard("06-limits", "Meet the limits before production does", "a long job cut into pieces that fit"),
    LabCard("07-cold-starts", "Measure and tame cold starts", "a function whose first answer is three times faster"),
    LabCard("08-pricing", "Predict the bill, then cut it", "the cheapest memory that meets a deadline"),
    LabCard("09-streams", "Process a stream in real time", "an alarm on a sensor's stream"),
    LabCard("10-apis", "Serve an API", "a small CRUD API over DynamoDB"),
    LabCard("11-files", "Process files as they arrive", "thumbnails of every upload"),
    LabCard("12-schedules", "Run jobs on a schedule", "a nightly clean-up"),
    LabCard("13-chatbot", "Give a chatbot its brain", "an assistant that books a table"),
    LabCard("14-workflows", "Orchestrate functions", "an order that is paid, packed, or undone"),
    LabCard("15-failures", "Survive failure", "a consumer that loses nothing"),
    LabCard("16-capstone", "Build a photo service",
            "an upload API, queue, functions, table and workflow, deployed from one template"),
)


def course_map(start: int = 0) -> Picture:
    """The course map with this learner's progress; `start` is the lab it points at first."""
    progress = Progress.of_this_learner()
    done = progress.done()
    progress.say()
    tiles = [
        LabTile(lab.number, lab.title, lab.makes, lab.written, len(done.intersection(lab.exercises)), len(lab.exercises))
        for lab in LABS
    ]
    return draw_map(tiles, start)
