"""To whom a product may be offered, by hand."""

import polars as pl
import pytest

from app.offers.eligibility import Facts, Terms, eligible, known_of, with_parts

FIBRE, FAST, TV, BUNDLE, STAY, BACK, CARE, DUO = range(1, 9)
PRODUCTS = {
    terms.id: terms
    for terms in (
        Terms(FIBRE, "acquire", "broadband"),
        Terms(FAST, "upsell", "broadband"),
        Terms(TV, "cross_sell", "tv"),
        Terms(BUNDLE, "cross_sell", "bundle", parts=(FIBRE, TV)),
        Terms(STAY, "retention", "broadband"),
        Terms(BACK, "win_back", "broadband"),
        Terms(CARE, "care", "tv"),
        Terms(DUO, "cross_sell", "bundle", parts=(FAST, TV)),
    )
}
NOTHING = {"held": [], "ended": [], "ordered": [], "refused": []}


def may_have(product_id: int, **known: list) -> bool:
    rows = NOTHING | known
    owned = {"customer_id": pl.Int64, "product_id": pl.Int32}
    facts = Facts(
        *(pl.DataFrame([(1, id_) for id_ in rows[name]], schema=owned, orient="row") for name in ("held", "ended", "ordered")),
        pl.DataFrame(
            [(1, scope) for scope in rows["refused"]], schema={"customer_id": pl.Int64, "scope": pl.String}, orient="row"
        ),
    )
    people = pl.Series("customer_id", [3, 1, 2], dtype=pl.Int64)
    found = eligible(PRODUCTS[product_id], people, known_of(facts, PRODUCTS), PRODUCTS).to_list()
    assert found == [id_ for id_ in (3, 1, 2) if id_ in found]
    return 1 in found


@pytest.mark.parametrize(
    ("product", "known", "expected"),
    [
        (FIBRE, {}, True),
        (FIBRE, {"held": [FAST]}, False),
        (FIBRE, {"ordered": [FIBRE]}, False),
        (FIBRE, {"ended": [FIBRE]}, True),
        (FIBRE, {"held": [TV]}, True),
        (FAST, {"held": [FIBRE]}, True),
        (FAST, {"held": [FAST]}, False),
        (STAY, {}, False),
        (STAY, {"held": [FIBRE]}, True),
        (STAY, {"ordered": [FIBRE]}, False),
        (CARE, {"held": [FIBRE]}, False),
        (BACK, {}, False),
        (BACK, {"held": [FIBRE]}, False),
        (BACK, {"ended": [FIBRE]}, True),
        (BACK, {"ended": [FIBRE], "held": [FAST]}, False),
        (BACK, {"ended": [TV]}, False),
    ],
)
def test_holdings_decide_by_the_purpose_of_the_product(product, known, expected):
    assert may_have(product, **known) is expected


@pytest.mark.parametrize(
    ("product", "known", "expected"),
    [
        (BUNDLE, {"held": [TV]}, True),
        (BUNDLE, {"held": [TV, FIBRE]}, False),
        (BUNDLE, {"held": [TV], "ordered": [FIBRE]}, False),
        (BUNDLE, {"held": [DUO]}, False),
        (TV, {"held": [BUNDLE]}, False),
        (FIBRE, {"ordered": [BUNDLE]}, False),
        (STAY, {"held": [BUNDLE]}, True),
        (BACK, {"ended": [BUNDLE]}, True),
    ],
)
def test_who_holds_a_bundle_holds_its_parts_and_who_holds_all_parts_needs_no_bundle(product, known, expected):
    assert may_have(product, **known) is expected


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        (["all"], False),
        (["tv"], False),
        (["broadband"], True),
        (["call"], True),
        (["call", "visit", "sms"], False),
        (["call", "visit", "visit"], True),
    ],
)
def test_a_refusal_of_all_of_the_family_or_of_every_channel_is_kept(scopes, expected):
    assert may_have(TV, refused=scopes) is expected


def test_parts_are_added_once():
    owned = pl.DataFrame({"customer_id": [1, 1], "product_id": [BUNDLE, TV]}, schema_overrides={"product_id": pl.Int32})
    assert sorted(with_parts(owned, PRODUCTS.values()).rows()) == [(1, FIBRE), (1, TV), (1, BUNDLE)]
