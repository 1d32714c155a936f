"""A Java server of the stack: its properties, its logging, its command line."""

import hashlib
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from streams.adapters.processes.child_process import ChildProcess, Launch
from streams.adapters.processes.java_parts import JavaParts
from streams.adapters.processes.ports_taken import require_free
from streams.adapters.processes.stack_folders import StackFolders
from streams.ports.stack import Condition, ProcessFacts

_STOP = ((signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0))

# The three named loggers would write a connector's whole configuration at every poll of its offsets.
_LOGGING = """<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="WARN">
  <Appenders>
    <RollingFile name="file" fileName="${sys:selaras.log}" filePattern="${sys:selaras.log}.%i">
      <PatternLayout pattern="%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX}{UTC} %-5p %c{1} %m%n"/>
      <SizeBasedTriggeringPolicy size="10 MB"/>
      <DefaultRolloverStrategy max="3"/>
    </RollingFile>
  </Appenders>
  <Loggers>
    <Logger name="org.apache.kafka.common.config.AbstractConfig" level="WARN"/>
    <Logger name="org.apache.kafka.connect.runtime.rest.RestServer" level="WARN"/>
    <Logger name="org.eclipse.jetty" level="WARN"/>
    <Root level="INFO"><AppenderRef ref="file"/></Root>
  </Loggers>
</Configuration>
"""


@dataclass(frozen=True, slots=True)
class JavaPlan:
    """What tells one Java server from the other."""

    name: str
    main_class: str
    heap_mb: int
    ports: dict[int, str]  # each port with the setting that moves it


class JavaProcess:
    """Starts the main class with a properties file, and restarts it when file or jars are not those it runs with."""

    def __init__(self, plan: JavaPlan, folders: StackFolders, parts: JavaParts) -> None:
        self._plan = plan
        self._folders = folders
        self._parts = parts
        self._process = ChildProcess(plan.name, folders.run)

    @property
    def log(self) -> Path:
        """What the server logs; what the JVM itself says goes to ``<name>.out`` beside it."""
        return self._folders.logs / f"{self._plan.name}.log"

    @property
    def configuration(self) -> Path:
        """The properties file."""
        return self._folders.conf / f"{self._plan.name}.properties"

    def command(self, main_class: str) -> tuple[str, ...]:
        """The command line of any main class in the installed jars, small and loud about a full heap."""
        return (
            shutil.which("java") or "java",
            "-Xms64m",
            f"-Xmx{self._plan.heap_mb}m",
            "-XX:+UseSerialGC",
            "-XX:+ExitOnOutOfMemoryError",
            f"-Dselaras.log={self.log}",
            f"-Dlog4j2.configurationFile={self._folders.conf / 'log4j2.xml'}",
            "-cp",
            f"{self._parts.kafka}/*",
            main_class,
        )

    def start(self, properties: Mapping[str, str]) -> bool:
        """See that it runs with these properties; True when it had to be started."""
        text = properties_text(properties)
        command = (*self.command(self._plan.main_class), str(self.configuration))
        fingerprint = hashlib.sha256(repr((command, text, _LOGGING)).encode()).hexdigest()
        if self._process.runs_with(fingerprint):
            return False
        self.stop()
        require_free(self._plan.name, self._plan.ports)
        self.write(properties)
        console = self.log.with_suffix(".out")
        self._process.launch(Launch(command, self._folders.home, console), fingerprint)
        return True

    def write(self, properties: Mapping[str, str]) -> None:
        """Put properties and logging where the command expects them."""
        self.configuration.parent.mkdir(parents=True, exist_ok=True)
        self.configuration.write_text(properties_text(properties), encoding="ascii")
        logging = self._folders.conf / "log4j2.xml"
        fresh = logging.with_name(f"{self._plan.name}-{logging.name}.new")
        fresh.write_text(_LOGGING, encoding="utf-8")
        fresh.replace(logging)

    def condition(self) -> Condition:
        """Whether the JVM that we started lives."""
        return self._process.condition()

    def stop(self) -> None:
        """SIGTERM, and force only when it does not obey."""
        self._process.end(_STOP)

    def facts(self) -> ProcessFacts | None:
        """The JVM."""
        return self._process.facts()


def properties_text(properties: Mapping[str, str]) -> str:
    """A Java properties file; whatever is not ASCII is escaped as Java expects it."""
    return "".join(f"{name}={_escaped(value)}\n" for name, value in properties.items())


def _escaped(value: str) -> str:
    units = value.replace("\\", "\\\\").encode("utf-16-be")
    codes = (int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2))
    return "".join(chr(code) if 0x20 <= code < 0x7F else f"\\u{code:04x}" for code in codes)
