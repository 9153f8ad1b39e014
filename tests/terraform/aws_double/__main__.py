"""`python -m tests.terraform.aws_double PORT`: serves on 127.0.0.1 until it is ended."""

import signal
import sys

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple

from tests.terraform.aws_double import gaps, msk  # importing them extends moto
from tests.terraform.aws_double.gate import Gate

__all__ = ["gaps", "msk"]

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    application = Gate(DomainDispatcherApplication(create_backend_app))
    run_simple("127.0.0.1", int(sys.argv[1]), application, threaded=True, request_handler=MotoRequestHandler)
