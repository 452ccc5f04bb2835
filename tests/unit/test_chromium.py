"""A browser test may be skipped on a machine without a browser, but never in continuous integration."""

import chromium
import pytest


@pytest.fixture
def no_browser(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("REVIEW_CHROMIUM", raising=False)
    monkeypatch.delenv("CI", raising=False)


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "elsewhere"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.mark.usefixtures("no_browser")
def test_without_a_browser_a_test_is_skipped():
    with pytest.raises(pytest.skip.Exception, match="REVIEW_CHROMIUM"):
        chromium.browser_path()


@pytest.mark.usefixtures("no_browser")
def test_without_a_browser_a_test_fails_in_continuous_integration(monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="REVIEW_CHROMIUM"):
        chromium.browser_path()


@pytest.mark.usefixtures("no_browser")
def test_the_browser_that_was_named_is_taken(monkeypatch, program):
    monkeypatch.setenv("REVIEW_CHROMIUM", str(program))
    assert chromium.browser_path() == str(program)


@pytest.mark.usefixtures("no_browser")
def test_any_of_the_browsers_the_installer_accepts_is_found(program):
    program.rename(program.with_name("google-chrome"))
    assert chromium.browser_path() == str(program.with_name("google-chrome"))
