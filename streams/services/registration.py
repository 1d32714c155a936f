"""Registering a capture with the target: positions mean something only for the capture that they belong to."""

from dataclasses import dataclass

from streams.errors import ErrorKind, SelarasError
from streams.ports.capture import CaptureIdentity
from streams.ports.registry import CaptureRegistry, RegisteredCapture
from streams.services.capture import Capture
from streams.services.capture_identity import check_identity


@dataclass(frozen=True, slots=True)
class Registration:
    """Capture and the target's memory of it, kept together."""

    capture: Capture
    registry: CaptureRegistry

    def apply(self, deadline_s: float) -> RegisteredCapture:
        """Make the capture run; a new one gets the next generation, a known one must be the same as before."""
        known = self.registry.current()
        if known is not None:
            self._refuse(known, self.capture.identity())
        identity = self.capture.apply(deadline_s)
        return known if known is not None else self.registry.register(identity)

    def check(self) -> RegisteredCapture:
        """The registered capture, if slot, publication, replica identity and topics are those that it knows.

        SelarasError (configuration) before the first registration, (gap) with every difference otherwise.
        """
        known = self.registry.current()
        if known is None:
            raise SelarasError(
                ErrorKind.CONFIGURATION, "No capture is registered.", "run 'selaras capture apply', then start again"
            )
        self._refuse(known, self.capture.identity())
        faults = self.capture.status().faults
        if faults:
            raise SelarasError(ErrorKind.GAP, "\n".join(faults), "remove the capture, apply it again, and load anew")
        return known

    def remove(self, deadline_s: float) -> None:
        """Remove the capture, then forget it: a kill in between leaves a capture that can be removed again."""
        self.capture.remove(deadline_s)
        self.registry.retire()

    def _refuse(self, known: RegisteredCapture, now: CaptureIdentity) -> None:
        differences = check_identity(known.identity, now)
        if differences:
            raise SelarasError(
                ErrorKind.GAP,
                "This is not the capture that the stored positions belong to:\n"
                + "\n".join(f"- {difference}" for difference in differences),
                "follow the sentence of each difference; 'selaras capture status' shows the present state",
            )
