"""Kafka, Connect and Debezium as folders of jars, fetched by Maven as ``connectors/pom.xml`` says."""

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from streams.errors import ErrorKind, SelarasError
from streams.ports.stack import Report

_KAFKA = "kafka"
_PLUGINS = ("debezium-postgres",)


class JavaParts:
    """The jars of one state of the pom, in a folder named after its hash, so that a changed pom is never half applied
    and a running server keeps the jars that it was started with."""

    def __init__(self, pom: Path, cache: Path, log: Path) -> None:
        self._pom = pom
        self._cache = cache
        self._log = log
        self._installed: Path | None = None

    @property
    def kafka(self) -> Path:
        """The jars that the broker and Connect run from."""
        return self._folder() / _KAFKA

    @property
    def plugins(self) -> Path:
        """Connect's plugin path: one folder for each connector."""
        return self._folder() / "plugins"

    def installed(self) -> bool:
        """Whether the parts of this pom are there, whole."""
        return self._folder().is_dir()

    def install(self, report: Report) -> None:
        """Fetch what is not there; SelarasError (unavailable) with Maven's log when it fails."""
        if self.installed():
            return
        report(f"java parts: fetching Kafka, Connect and Debezium into {self._cache} (once)")
        self._cache.mkdir(parents=True, exist_ok=True)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._log.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(prefix="fetching-", dir=self._cache) as name:
            fetched = Path(name) / "parts"
            self._copy_jars(_KAFKA, fetched / _KAFKA)
            for plugin in _PLUGINS:
                self._copy_jars(plugin, fetched / "plugins" / plugin)
            try:
                fetched.rename(self._folder())
            except OSError:
                # Another home shares the cache and was faster: its folder is as good.
                if not self.installed():
                    raise
        count = sum(1 for _ in self._folder().rglob("*.jar"))
        report(f"java parts: {count} jars in place")

    def _folder(self) -> Path:
        if self._installed is None:
            if not self._pom.is_file():
                raise SelarasError(
                    ErrorKind.CONFIGURATION,
                    f"{self._pom} does not exist; it says which Java parts the stack needs.",
                    "run the command in the clone, or set connectors_dir",
                )
            self._installed = self._cache / hashlib.sha256(self._pom.read_bytes()).hexdigest()[:12]
        return self._installed

    def _copy_jars(self, profile: str, into: Path) -> None:
        maven = shutil.which("mvn") or "mvn"
        goal = "org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies"
        command = [maven, "-B", "-q", "-f", str(self._pom), "-P", profile, goal, f"-DoutputDirectory={into}"]
        with self._log.open("ab") as log:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)
        if done.returncode != 0 or not into.is_dir():
            raise SelarasError(
                ErrorKind.UNAVAILABLE,
                f"Maven could not fetch the Java parts ({profile}); {self._log} says why.",
                "see that Maven reaches its registry, then repeat the command",
            )
