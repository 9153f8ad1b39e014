"""`python -m tests.golden RELEASE`: make the folder of a release with the code of today."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.golden import FOLDER, write
from tests.golden.savepoint import pack, take_savepoint

release = sys.argv[1]
write(release)
with TemporaryDirectory() as folder:
    pack(take_savepoint(release, Path(folder)), FOLDER / release / "savepoint.tar.xz")
