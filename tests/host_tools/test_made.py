"""What is built once: whole or not there, and never twice in the same place."""

from __future__ import annotations

import pytest

from picket_host.made import making


def _make(product, text, **options):
    with making(product, **options) as (_, made):
        (made / product.name).write_text(text)


def test_nothing_is_seen_before_the_end_and_nothing_is_left_beside_it(tmp_path):
    product = tmp_path / "mpy" / "key" / "module"
    with making(product) as (scratch, made):
        (scratch / "passing").write_text("o")
        (made / "module").write_text("new")
        (made / "report").write_text("beside it")
        assert not product.parent.exists()
    assert product.read_text() == "new" and (product.parent / "report").exists()
    assert list(product.parent.parent.iterdir()) == [product.parent]


def test_a_failure_leaves_nothing(tmp_path):
    product = tmp_path / "key" / "module"
    with pytest.raises(ValueError, match="refused"), making(product) as (_, made):
        (made / "module").write_text("half")
        raise ValueError("refused")
    assert list(tmp_path.iterdir()) == []


def test_what_another_process_made_meanwhile_stays(tmp_path):
    product = tmp_path / "key" / "module"
    with making(product) as (_, made):
        (made / "module").write_text("ours")
        _make(product, "theirs")
    assert product.read_text() == "theirs"


def test_made_anew_takes_the_place(tmp_path):
    product = tmp_path / "key" / "module"
    _make(product, "old")
    _make(product, "new", anew=True)
    assert product.read_text() == "new"


def test_a_block_that_makes_no_product_is_an_error_where_its_place_is_taken(tmp_path):
    product = tmp_path / "key" / "module"
    product.parent.mkdir()
    (product.parent / "remains").write_text("of a removal that was cut short")
    with pytest.raises(OSError), making(product) as (_, made):
        (made / "module").write_text("new")
