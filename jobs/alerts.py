"""`demo alerts`: a real Prometheus over a real gateway; a halt fires its alert, a resume takes it back.

broker → gateway → Prometheus sees it ready → penstock halt → Halted fires → penstock resume → it is over
"""

import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from jobs.adapters import endpoints
from jobs.adapters.broker import Broker
from jobs.adapters.endpoints import free_port
from jobs.adapters.patience import until
from jobs.adapters.processes import Process
from jobs.adapters.prometheus import Alert, Server
from jobs.adapters.source import demo_config
from jobs.begin import begin
from jobs.halt import halt, resume
from jobs.run import through_gateway
from schemas.config import load

WAIT_S_MAX = 60.0  # for anything; seconds in practice
READY = 'penstock_ready{process="gateway"}'


def alerts(folder: Path) -> int:
    """Show one alert come and go; 1 when another one fires, or when the one does not."""
    here, console = folder / "demo" / "alerts", Console()
    shutil.rmtree(here, ignore_errors=True)
    server = Server(here / "prometheus", here, free_port())  # first: it may be missing
    broker, gateway = Broker(here / "broker"), Process("gateway", here / "processes")
    prometheus = Process("prometheus", here / "processes")
    config = demo_config()
    try:
        with console.status("broker, gateway, Prometheus: seconds"):
            bootstrap = broker.start()
            endpoints.publish(here, bootstrap=bootstrap)
            begin(bootstrap, through_gateway(load(config)))
            own = ["--bootstrap", bootstrap, "--config", str(config), "--folder", str(here)]
            gateway.start([sys.executable, "-P", "-m", "jobs.main", "gateway", *own])
            prometheus.start(server.command)
            _wait(lambda: server.value(READY) == 1.0, "Prometheus sees a gateway that is ready")
        return _drill(server, here, console)
    finally:
        prometheus.kill()
        gateway.kill()
        broker.kill()


def _drill(server: Server, here: Path, console: Console) -> int:
    told = f"Prometheus at {server.address}, every second: gateway ready, {len(_firing(server))} alerts fire"
    console.print(told, highlight=False)
    halt(here, "drill", "demo alerts")
    began_s = time.monotonic()
    _wait(lambda: len(_firing(server)) >= 2, "the alert of the halt fires for both channels")
    found = _firing(server)
    console.print(f"penstock halt: fired after {time.monotonic() - began_s:.1f} s", highlight=False)
    console.print(_table(found))
    resume(here, "demo alerts")
    _wait(lambda: not _firing(server), "the alert ends with the halt")
    console.print("penstock resume: nothing fires", highlight=False)
    return 0 if {one.name for one in found} == {"Halted"} else 1


def _firing(server: Server) -> list[Alert]:
    return [one for one in server.alerts() if one.state == "firing"]


def _table(found: list[Alert]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("alert", "severity", "what", "what to do"):
        table.add_column(name, header_style="dim")
    for one in sorted(found, key=lambda one: sorted(one.labels.items())):
        table.add_row(f"[bold red]{one.name}[/]", one.labels["severity"], one.summary, one.action)
    return table


def _wait(condition: Callable[[], bool], what: str) -> None:
    until(condition, WAIT_S_MAX, what)
