"""A test for each codec case, as users of pytest write it. Run by `pytest tests/each_case_pytest.py`."""

from gotalk_conformance import parametrize


@parametrize("decode", version="01")
def test_cuts(case):
    for name, chunks in case.cuts():
        assert b"".join(chunks) == (case.wire or b""), name
