"""What lablib raises: one sentence for the person at the notebook."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class LabError(Exception):
    """A mistake or a condition that the reader can do something about; its text says what was asked, what is wrong, what to do.

    In a notebook it shows as that text alone: IPython calls `_render_traceback_` in place of printing the frames inside
    lablib, which a learner did not write.
    """

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


class CloudDidNotStart(LabError):
    """The local cloud's process ended, or stayed silent, before it was ready."""


class CloudIsGone(LabError):
    """The local cloud's process no longer answers."""


class BackendNotAvailable(LabError):
    """A lab was asked to run somewhere that this version cannot run it."""


class SourceError(LabError):
    """What was given as a function's code is not there, or cannot be packaged."""


class RejectedByAWS(LabError):
    """The AWS API refused a request; the text begins with the service's own message.

    Attributes
    ----------
    code : AWS's name of the error, as `ResourceNotFoundException`; empty when boto3 itself refused.
    reason : of a throttle, which limit it was, as `ConcurrentInvocationLimitExceeded`; else empty.
    """

    def __init__(self, text: str, code: str = "", reason: str = ""):
        super().__init__(text)
        self.code = code
        self.reason = reason

    def followed_by(self, sentence: str) -> RejectedByAWS:
        """The same error, with a sentence of ours after AWS's."""
        return RejectedByAWS(f"{str(self).rstrip('.')}. {sentence}", self.code, self.reason)


class StillRunning(LabError):
    """`lab.wait` gave up: after a minute of real time something still runs."""


class Interrupted(KeyboardInterrupt):
    """The learner interrupted a call; in a notebook it shows as its one sentence."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


@contextmanager
def aws_errors() -> Iterator[None]:
    """Turn what botocore raises into lablib's errors, with AWS's code and message as they came.

    Raises `RejectedByAWS` for an answer that refuses, and for input that boto3 itself refuses; `CloudIsGone` when
    nothing answers.
    """
    from botocore import exceptions

    try:
        yield
    except exceptions.ClientError as error:
        code, message = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
        raise RejectedByAWS(f"{code}: {message}", code, error.response.get("Reason", "")) from None
    except exceptions.ParamValidationError as error:
        raise RejectedByAWS(" ".join(str(error).split())) from None
    except exceptions.WaiterError as error:
        raise RejectedByAWS(f"The function did not become ready: {error}") from None
    except (exceptions.EndpointConnectionError, exceptions.ConnectionClosedError, exceptions.ReadTimeoutError):
        raise CloudIsGone("The local cloud does not answer. Run lablib.start() again.") from None
