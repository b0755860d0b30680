"""Tells, after the tests, which providers and phenomena were replayed."""

import textwrap
from collections import Counter

import pytest

# The properties that test_recordings.py gives its tests, and what to call them.
TITLES = {"provider": "by provider", "phenomena": "by phenomenon"}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many recordings gave the answer that their bytes say, of how many."""
    for name, title in TITLES.items():
        passed = counts(terminalreporter.getreports("passed"), name)
        replayed = passed + counts(terminalreporter.getreports("failed"), name)
        if replayed:
            terminalreporter.section(f"recordings replayed, {title}")
            line = ", ".join(f"{value} {passed[value]}/{replayed[value]}" for value in sorted(replayed))
            terminalreporter.write_line(textwrap.fill(line, 120, break_on_hyphens=False))


def counts(reports: list[pytest.TestReport], name: str) -> Counter[str]:
    """Count the words of a property of the tests."""
    values = (value for report in reports for key, value in report.user_properties if key == name)
    return Counter(word for value in values for word in str(value).split())
