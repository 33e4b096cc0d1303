from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kernel.browser import Browser, kernel_client


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with kernel_client() as client:
        yield Browser(client)
