"""Names that are put together of names, and they of names: a reason in no time."""

import time

import pytest

from hardencheck.collect.contract import Extractor
from hardencheck.collect.extract.logging_handlers import LoggingHandlers
from hardencheck.collect.extract.upload_folders import UploadFolders
from hardencheck.collect.extraction import extract_file

FORMS = {
    "f-string": 'A{0} = f"{{A{1}}}{{A{1}}}{{A{1}}}{{A{1}}}"',
    "plus": "A{0} = A{1} + A{1} + A{1} + A{1}",
    "path": "A{0} = Path(A{1}) / A{1} / A{1} / A{1}",
    "join": "A{0} = os.path.join(A{1}, A{1}, A{1}, A{1})",
}


def text_of(form: str) -> str:
    lines = ["import logging, os", "from pathlib import Path", 'A0 = "x"']
    lines += [FORMS[form].format(number, number - 1) for number in range(1, 28)]
    return "\n".join((*lines, 'config["UPLOAD_FOLDER"] = A27', "logging.basicConfig(filename=A27, format=A27)", ""))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("reader", [UploadFolders(), LoggingHandlers()], ids=["folders", "handlers"])
def test_what_doubles_is_given_up(reader: Extractor, form: str) -> None:
    start = time.process_time()
    found = extract_file([reader], "app.py", 0o100644, text_of(form).encode())
    assert time.process_time() - start < 5
    assert all(len(repr(one)) < 10_000 for one in found)
