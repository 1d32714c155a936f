"""A port that somebody else holds, found before a member stumbles over it."""

import socket

import psutil

from streams.errors import ErrorKind, SelarasError


def require_free(member: str, ports: dict[int, str]) -> None:
    """SelarasError (configuration) for the first taken port; ``ports`` maps each to the setting that moves it."""
    for port, setting in ports.items():
        if not _is_free(port):
            variable = "SELARAS_" + setting.upper().replace(".", "_")
            raise SelarasError(
                ErrorKind.CONFIGURATION,
                f"Port {port} on 127.0.0.1, which {member} needs, is taken{_holder(port)}.",
                f"end what holds it, or move {member}: set {setting} in selaras.toml, or {variable}",
            )


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers themselves do: connections that are still closing don't count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _holder(port: int) -> str:
    try:
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
                return f" by process {connection.pid} ({psutil.Process(connection.pid).name()})"
    except psutil.Error:
        pass
    return ""
