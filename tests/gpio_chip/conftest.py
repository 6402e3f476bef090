"""The machine with the chip is booted once and does everything; each test reads one rule in what it reports."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.gpio_chip import machine


@pytest.fixture(scope="session")
def kernel(request: pytest.FixtureRequest) -> Path:
    """The kernel with the chip, built when this machine has none."""
    kernel = machine.kernel_file()
    if not kernel.exists():
        with (
            _failing_in_a_sentence(),
            _told(request, "the kernel with a simulated GPIO chip, once a machine (minutes)"),
        ):
            machine.build(kernel)
    return kernel


@pytest.fixture(scope="session")
def report(kernel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was seen on the chip's line while lockd drove it."""
    with _failing_in_a_sentence():
        return machine.observe(kernel, tmp_path_factory.mktemp("machine"), seconds=300)


@contextmanager
def _failing_in_a_sentence() -> Iterator[None]:
    # A machine without the chip fails these tests and does not skip them: an unproven lock is not a proven one.
    reason = ""
    try:
        yield
    except machine.NoMachineError as error:
        reason = str(error)
    if reason:
        pytest.fail(reason, pytrace=False)


@contextmanager
def _told(request: pytest.FixtureRequest, what: str) -> Iterator[None]:
    capture = request.config.pluginmanager.getplugin("capturemanager")
    began = time.monotonic()
    with capture.global_and_fixture_disabled():
        print(f"\n  {what} …", flush=True)
        yield
        print(f"  {what}: {time.monotonic() - began:.0f} s", flush=True)
