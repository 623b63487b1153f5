"""The sealer's own map gives the root of the whole one, however it was come to."""

from hypothesis import given
from hypothesis import strategies as st

from export.format.workspace_map import map_root
from export.tables.bucket_map import BucketMap, bucket_of

# Keys that share bytes: in one bucket, in neighboring ones, and alone.
keys = st.builds(
    lambda head, tail: head + "0" * 56 + tail,
    st.sampled_from(["0000", "0001", "8000", "ffff", "fffe"]),
    st.sampled_from(["0000", "0001", "8000", "ffff"]),
)
heads = st.dictionaries(keys, st.sampled_from(["a" * 64, "b" * 64, "c" * 64]), max_size=20)


@given(heads)
def test_root_is_that_of_the_whole_map(known: dict[str, str]) -> None:
    assert BucketMap.load(sorted(known.items())).root == map_root(sorted(known.items()))


@given(heads, heads)
def test_changed_buckets_give_the_root_of_the_whole_map(before: dict[str, str], changed: dict[str, str]) -> None:
    """And the one before the change stays as it was."""
    buckets = BucketMap.load(sorted(before.items()))
    after, whole = buckets.copy(), before | changed
    for bucket in {bucket_of(key) for key in changed}:
        after.replace(bucket, sorted((key, value) for key, value in whole.items() if bucket_of(key) == bucket))

    assert after.root == map_root(sorted(whole.items()))
    assert buckets.root == map_root(sorted(before.items()))


@given(heads, heads)
def test_other_heads_of_a_bucket_are_refused(known: dict[str, str], others: dict[str, str]) -> None:
    buckets = BucketMap.load(sorted(known.items()))
    for bucket in {bucket_of(key) for key in known | others}:
        of_known = sorted((key, value) for key, value in known.items() if bucket_of(key) == bucket)
        of_others = sorted((key, value) for key, value in others.items() if bucket_of(key) == bucket)
        assert buckets.holds(bucket, of_others) == (of_known == of_others)
        assert buckets.is_empty(bucket) == (not of_known)
