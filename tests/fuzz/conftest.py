"""How much is tried: in CI always the same few answers; with `--hypothesis-profile=by_hand` many new ones."""

from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile(
    "ci",
    max_examples=50,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=_SLOW,
    print_blob=False,
)
settings.register_profile(
    "by_hand", max_examples=20_000, database=None, deadline=None, suppress_health_check=_SLOW, print_blob=True
)
settings.load_profile("ci")
