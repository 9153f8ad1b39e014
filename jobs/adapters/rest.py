"""Flink's REST interface: what a cluster says about its TaskManagers and jobs, and the few things it can be told."""

import http.client
import json
import time
from typing import Any

from schemas.errors import PenstockError

__all__ = ["ENDED", "FlinkError", "Rest"]

POLL_S = 0.1
ENDED = {"FINISHED", "CANCELED", "FAILED"}
REQUEST_TIMEOUT_S = 10.0


class FlinkError(PenstockError):
    """Flink refused or failed; the message carries what it said."""


class Rest:
    """Calls to one JobManager at `host:port`; every call raises FlinkError when it cannot be reached or says no."""

    def __init__(self, address: str, timeout_s: float = REQUEST_TIMEOUT_S) -> None:
        self.address, self._timeout_s = address, timeout_s

    def answers(self) -> bool:
        """Whether the JobManager can be asked."""
        try:
            self._call("GET", "/overview")
        except FlinkError:
            return False
        return True

    def taskmanagers(self) -> dict[str, int]:
        """TaskManagers that have registered their slots: their ids and how many of their slots are free."""
        found = self._call("GET", "/taskmanagers")["taskmanagers"]
        return {each["id"]: each["freeSlots"] for each in found if each["slotsNumber"] > 0}

    def jobs(self) -> dict[str, str]:
        """Ids and states of all jobs that the JobManager remembers."""
        return {job["id"]: job["status"] for job in self._call("GET", "/jobs")["jobs"]}

    def live_jobs(self) -> dict[str, str]:
        """Ids and names of the jobs that have not ended."""
        found = self._call("GET", "/jobs/overview")["jobs"]
        return {job["jid"]: job["name"] for job in found if job["state"] not in ENDED}

    def job_state(self, job: str) -> str:
        """One of CREATED, RUNNING, RESTARTING, FINISHED, CANCELED, FAILED …; UNKNOWN when the cluster has no such job.

        A job that ends is UNKNOWN for a moment: no longer among the running, not yet among the ended.
        """
        return self.jobs().get(job, "UNKNOWN")

    def job_failure(self, job: str) -> str:
        """The newest exception of a job, as Flink prints it; empty when there was none."""
        entries = self._call("GET", f"/jobs/{job}/exceptions").get("exceptionHistory", {}).get("entries", [])
        return str(entries[0]["stacktrace"]) if entries else ""

    def is_processing(self, job: str) -> bool:
        """Whether the job and every one of its tasks are RUNNING (a job is RUNNING before its tasks are)."""
        found = self._call("GET", f"/jobs/{job}")
        states = {vertex["status"] for vertex in found["vertices"]}
        return found["state"] == "RUNNING" and states == {"RUNNING"}

    def hosts(self, job: str) -> set[str]:
        """Ids of the TaskManagers on which subtasks of the job are placed now."""
        return {
            subtask["taskmanager-id"]
            for vertex in self._call("GET", f"/jobs/{job}")["vertices"]
            for subtask in self._call("GET", f"/jobs/{job}/vertices/{vertex['id']}")["subtasks"]
        } - {"(unassigned)", None}

    def checkpoints(self, job: str) -> tuple[int, str | None]:
        """How many checkpoints have completed, and the path of the newest."""
        found = self._call("GET", f"/jobs/{job}/checkpoints")
        newest = found["latest"].get("completed") or {}
        return int(found["counts"]["completed"]), newest.get("external_path")

    def ask_to_cancel(self, job: str) -> None:
        """Begin to cancel a job, and do not wait."""
        self._call("PATCH", f"/jobs/{job}?mode=cancel")

    def cancel(self, job: str, timeout_s: float = 30.0) -> None:
        """Cancel a job and wait for its end; retained checkpoints stay."""
        self.ask_to_cancel(job)
        self.wait_state(job, "CANCELED", timeout_s)

    def stop_with_savepoint(self, job: str, folder: str, timeout_s: float = 60.0) -> str:
        """Take a savepoint into a folder, end the job, and return the savepoint's path."""
        asked = self._call("POST", f"/jobs/{job}/stop", {"targetDirectory": folder, "drain": False})
        deadline = time.monotonic() + timeout_s
        while True:
            found = self._call("GET", f"/jobs/{job}/savepoints/{asked['request-id']}")
            if found["status"]["id"] == "COMPLETED":
                break
            if time.monotonic() > deadline:
                raise FlinkError(f"job {job}: no savepoint within {timeout_s:g} s; the job may still run")
            time.sleep(POLL_S)
        if "location" not in found["operation"]:
            raise FlinkError(f"job {job}: the savepoint failed: {found['operation'].get('failure-cause')}")
        self.wait_state(job, "FINISHED", timeout_s)
        return str(found["operation"]["location"])

    def wait_state(self, job: str, state: str, timeout_s: float) -> None:
        """Wait for a state; FlinkError when the job ends in another one or time is up."""
        deadline = time.monotonic() + timeout_s
        while (now := self.job_state(job)) != state:
            if now in ENDED:
                raise FlinkError(f"job {job} is {now}, expected {state}: {self.job_failure(job)}")
            if time.monotonic() > deadline:
                raise FlinkError(f"job {job} is still {now} after {timeout_s:g} s, expected {state}")
            time.sleep(POLL_S)

    def _call(self, method: str, path: str, body: object = None) -> Any:
        connection = http.client.HTTPConnection(self.address, timeout=self._timeout_s)
        try:
            payload = None if body is None else json.dumps(body)
            connection.request(method, path, payload, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            raise FlinkError(f"the Flink cluster at {self.address} does not answer: {error!r}") from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise FlinkError(f"the Flink cluster at {self.address} refused {method} {path}: {text.strip()}")
        return json.loads(text)
