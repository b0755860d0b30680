"""`python -m bench.callers`: the CPU of knowing who calls, of counting what they ask for, and of a request_id.

In one process, each alone. Goal: less than 30 us a call for a key and limits that are counted in the process together.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import jwt
import uvloop
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from bench.survival import Canned
from llmrpc.v1 import completion_pb2
from llmrpc_server import idempotency
from llmrpc_server.access.principal import Principal
from llmrpc_server.auth import key_file
from llmrpc_server.auth.authenticator import Authenticator
from llmrpc_server.auth.credentials import Credentials
from llmrpc_server.auth.keys import Key, new_id, new_text, secret_of
from llmrpc_server.call import Call
from llmrpc_server.config import LimitSettings
from llmrpc_server.config.auth import AuthSettings, CertificateSettings, JwtSettings
from llmrpc_server.config.limits import RateSettings
from llmrpc_server.database import Database
from llmrpc_server.idempotency.claims import Claims
from llmrpc_server.idempotency.rows import Id, State
from llmrpc_server.plan import Plan, Route, Target
from llmrpc_server.rate_limits.limiter import RateLimiter
from llmrpc_server.rate_limits.process import ProcessCounters
from llmrpc_server.requests.features import Demands

ROUNDS = 15
CALLS = 2000
KEYS = 1000
CERTIFICATES = 20
COUNTERS = 10_000
AT_ONCE = 20

Work = Callable[[int], Awaitable[None]]


def _keys(folder: Path) -> tuple[Authenticator, Credentials]:
    texts = [new_text(new_id()) for _ in range(KEYS)]
    with key_file.changing(folder / "keys.yaml") as keys:
        keys += [
            Key(id=text.split("_")[1], tenant="acme", created=datetime.now(UTC), secrets=[secret_of(text)])
            for text in texts
        ]
    settings = AuthSettings(keys=str(folder / "keys.yaml"))
    return Authenticator(settings), Credentials([f"Bearer {texts[KEYS // 2]}"])


def _tokens(folder: Path) -> tuple[Authenticator, Callable[[], Credentials]]:
    """Make an identity provider with a key of the usual sort, and what makes tokens of it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    row = {**json.loads(RSAAlgorithm.to_jwk(key.public_key())), "kid": "1", "use": "sig"}
    (folder / "jwks.json").write_text(json.dumps({"keys": [row]}))
    claims = {"iss": "i", "aud": "a", "exp": time.time() + 3600, "sub": "ann", "tenant": "acme", "scope": "complete"}
    number = iter(range(2**31))

    def shown() -> Credentials:
        token = jwt.encode({**claims, "jti": str(next(number))}, key, algorithm="RS256", headers={"kid": "1"})
        return Credentials([f"Bearer {token}"])

    settings = JwtSettings(jwks=str(folder / "jwks.json"), issuer="i", audience="a")
    return Authenticator(AuthSettings(jwt=settings)), shown


def _certificates() -> tuple[Authenticator, Credentials]:
    """Make as many rows as a house has tenants, and a certificate of one in the middle."""
    rows = [CertificateSettings(san=f"spiffe://example.com/ns/{row}/*", tenant=f"{row}") for row in range(CERTIFICATES)]
    name = f"spiffe://example.com/ns/{CERTIFICATES // 2}/sa/web"
    return Authenticator(AuthSettings(certificates=rows)), Credentials(peer="ipv4:10.0.0.1:50000", peer_names=[name])


def _call(tenant: str) -> Call:
    request = completion_pb2.CompleteRequest()
    call = Call("1", request, streaming=False, principal=Principal(tenant), commit=_nothing, deadline=None)
    targets = (Target(Canned("primary", 0), "m"),)
    call.plan = Plan(Route("default", targets), targets, {}, request, request, Demands())
    return call


async def _nothing() -> None:
    """Commit to nothing."""


def _never() -> None:
    """Count no call that could not be counted."""


async def _rates(counters: int) -> Work:
    most = 2**31 - 1
    rate = RateSettings(requests_per_minute=most, tokens_per_minute=most, in_flight=most)
    rates = RateLimiter(LimitSettings(rates=[rate]), ProcessCounters, _never)
    calls = [_call(f"tenant-{number}") for number in range(counters)]

    async def work(number: int) -> None:
        call = calls[number % counters]
        if (taken := await rates.take(call)) is not None:
            await rates.correct(call, taken)

    for number in range(counters):
        await work(number)
    return work


async def _cpu_us(work: Work, calls: int) -> float:
    begin = time.process_time_ns()
    for number in range(calls):
        await work(number)
    return (time.process_time_ns() - begin) / 1000 / calls


async def measure(rounds: int, calls: int) -> None:
    """Measure in turns, and print."""
    with tempfile.TemporaryDirectory() as folder:
        authenticator, shown = _keys(Path(folder))
        by_token, new_token = _tokens(Path(folder))
        by_certificate, certificate = _certificates()
        token, new = new_token(), iter([new_token() for _ in range(rounds * calls // 10)])
        database = Database(f"sqlite:///{folder}/llmrpc.db", (idempotency.MIGRATIONS,))
        await database.open()
        claims = Claims(database, remember=3600)
        claims.start()
        run = iter(range(2**31))

        async def key(_: int) -> None:
            """Check a key."""
            await authenticator.principal(shown)

        async def same_token(_: int) -> None:
            """Check a token that was good before."""
            await by_token.principal(token)

        async def other_token(_: int) -> None:
            """Check a token that nobody has shown yet."""
            await by_token.principal(next(new))

        async def names(_: int) -> None:
            """Find whose a certificate is."""
            await by_certificate.principal(certificate)

        async def request_id(_: int) -> None:
            """Take a request, and end it."""
            of = Id("acme", str(next(run)))
            await claims.claim(of, "f", "c")
            claims.ended(of, "c", State.ENDED)

        async def many(_: int) -> None:
            """Do it many times at once."""
            await asyncio.gather(*(request_id(number) for number in range(AT_ONCE)))

        rows: list[tuple[str, Work, int, str]] = [
            (f"an API key, of {KEYS}", key, calls, "30"),
            ("a token, RS256, that was shown before", same_token, calls, "30"),
            ("a token that is new, with its signature", other_token, calls // 10, ""),
            (f"a certificate, of {CERTIFICATES} rows", names, calls, "30"),
            ("requests, tokens and calls in flight of 1 tenant", await _rates(1), calls, "30"),
            (f"the same of {COUNTERS:,} tenants", await _rates(COUNTERS), calls, "30"),
            ("a request_id in SQLite, alone", request_id, calls // 10, ""),
            (f"the same, of {AT_ONCE} calls at once", many, calls // 10 // AT_ONCE, ""),
        ]
        found = {name: [await _cpu_us(work, number) for _ in range(rounds)] for name, work, number, _ in rows}
        found[rows[-1][0]] = [figure / AT_ONCE for figure in found[rows[-1][0]]]
        await claims.close()
        await database.close()
    print("| what                                             | us min / median | goal |")
    print("| ------------------------------------------------ | --------------- | ---- |")
    for name, _, _, goal in rows:
        figures = f"{min(found[name]):.1f} / {statistics.median(found[name]):.1f}"
        print(f"| {name:48} | {figures:15} | {goal:4} |")


def main() -> None:
    """Read the command line, measure and print."""
    parser = argparse.ArgumentParser(prog="bench.callers", description="CPU of knowing and counting callers.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each is measured (default %(default)s)")
    parser.add_argument("--calls", type=int, default=CALLS, help="in a measurement (default %(default)s)")
    options = parser.parse_args()
    uvloop.run(measure(options.rounds, options.calls))


if __name__ == "__main__":
    main()
