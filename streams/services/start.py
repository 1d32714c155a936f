"""What must hold before a worker may write."""

from collections.abc import Callable
from dataclasses import dataclass

from streams.errors import ErrorKind, SelarasError
from streams.services.recompute import Recompute
from streams.services.registration import Registration
from streams.services.replicate import Replicate

MakeService = Callable[[int], Replicate]
"""Generation of the capture -> the service that applies its events."""


@dataclass(frozen=True, slots=True)
class Start:
    """The checks of a start, in the order in which their sentences help most."""

    registration: Registration
    recompute: Recompute
    make_service: MakeService
    adopt: Callable[[], None] | None = None  # puts other files in force instead of refusing them

    def prepare(self) -> Replicate:
        """The service, once capture and mapping are those that the target knows."""
        capture = self.registration.check()
        if not self.recompute.adopt():
            if self.adopt is not None:
                self.adopt()
                return self.make_service(capture.generation)
            raise SelarasError(
                ErrorKind.STALE,
                "The mapping or the reference data in these files are not the ones in force.",
                "see what they would change ('selaras projection recompute --dry-run'), then put them in force with "
                "'selaras sync run --adopt', which computes in the background; or start with the files in force",
            )
        return self.make_service(capture.generation)
