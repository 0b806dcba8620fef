"""Pictures and widgets, each built from plain data (floor 4).

Everything here is drawn with matplotlib's object API on one kept figure, turned into SVG and shown in an
`ipywidgets.HTML`: crisp, with a text alternative, and comparable by nbval (facts: measured in the project's
notebook notes). Nothing here talks to AWS.
"""

from lablib.view.cards import ChoiceCard, Option
from lablib.view.coursemap import LabTile, course_map
from lablib.view.manages import who_manages_what
from lablib.view.picture import Choice, Picture, Range

__all__ = ["Choice", "ChoiceCard", "LabTile", "Option", "Picture", "Range", "course_map", "who_manages_what"]
