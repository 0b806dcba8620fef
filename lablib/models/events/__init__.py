"""What calls a function: the sources of events, what arrives, and what a failure leads to.

`sources` each source: who calls, how it is set up, what is heard of a failure.
`delivery` the runs that one event leads to, when the function fails, and what becomes of the event.
`shapes` a sample event of each source, in AWS's form with values of our own.

>>> from lablib.models.events import deliver, sample_event, source
>>> source("s3").delivery
'asynchronous'
>>> [run.at_s for run in deliver(source("s3"), failures=None).runs]
[0.0, 60.0, 180.0]
>>> sample_event("s3")["Records"][0]["s3"]["object"]["key"]
'Caf%C3%A9+menu.txt'
"""

from lablib.models.events.delivery import Outcome as Outcome
from lablib.models.events.delivery import RETRIES as RETRIES
from lablib.models.events.delivery import Retry as Retry
from lablib.models.events.delivery import Run as Run
from lablib.models.events.delivery import deliver as deliver
from lablib.models.events.shapes import s3_event as s3_event
from lablib.models.events.shapes import s3_key as s3_key
from lablib.models.events.shapes import sample_event as sample_event
from lablib.models.events.sources import Delivery as Delivery
from lablib.models.events.sources import SOURCES as SOURCES
from lablib.models.events.sources import Source as Source
from lablib.models.events.sources import source as source
