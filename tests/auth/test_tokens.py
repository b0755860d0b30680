"""JSON Web Tokens: which are good, whose they are, and what a change of the provider's keys means."""

import base64
import json
import time
from typing import Any

import grpc
import jwt
import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from google.rpc import error_details_pb2

from auth.book import Book
from auth.issuer import AUDIENCE, Issuer
from details import detail, failure_of
from fault_provider import ThreadedFaultProvider
from gateway import bearer, faulty, request, running


def _unsigned(issuer: Issuer) -> str:
    kid = jwt.get_unverified_header(issuer.token())["kid"]
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    return jwt.encode(claims, "", algorithm="none", headers={"kid": kid})


def _public(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
    return row


def _bad(issuer: Issuer) -> dict[str, str]:
    """Make tokens that are no good, each in its way."""
    stranger = ec.generate_private_key(ec.SECP256R1())
    good = issuer.token()
    head, body, signature = good.split(".")
    return {
        "wrong audience": issuer.token(aud="somebody else"),
        "others' audiences": issuer.token(aud=["somebody else", "another"]),
        "no audience": issuer.token(aud=None),
        "wrong issuer": issuer.token(iss="https://login.example.org"),
        "no issuer": issuer.token(iss=None),
        "expired": issuer.token(exp=time.time() - 120),
        "without end": issuer.token(exp=None),
        "not yet": issuer.token(nbf=time.time() + 120),
        "another's signature": issuer.token(key=stranger),
        "unsigned": f"{head}.{body}.",
        "alg none": _unsigned(issuer),
        "shared secret": issuer.token(key="a" * 32, algorithm="HS256"),
        "another algorithm": issuer.token(
            key=rsa.generate_private_key(public_exponent=65537, key_size=2048), algorithm="PS256"
        ),
        "unknown kid": issuer.token(headers={"kid": "no such key"}),
        "a key of its own": issuer.token(key=stranger, headers={"kid": "0", "jwk": _public(stranger)}),
        "unknown and critical": issuer.token(headers={"crit": ["strange"], "strange": True}),
        "nested without end": f"{base64.urlsafe_b64encode(b'[' * 3000).decode()}.{body}.{signature}",
        "no tenant": issuer.token(tenant=None),
        "empty tenant": issuer.token(tenant=""),
        "tenant is no text": issuer.token(tenant=["acme"]),
        "user is too long": issuer.token(sub="a" * 300),
        "tampered": f"{head}.{body[:-2]}AA.{signature}",
        "nothing": "..",
        "no token": "abc",
    }


async def test_all_that_is_no_good_looks_the_same(faults: ThreadedFaultProvider, issuer: Issuer) -> None:
    """Every bad token is UNAUTHENTICATED with the same words, and no provider is asked."""
    bad = _bad(issuer)
    async with running({**faulty(faults), "auth": {"jwt": issuer.section()}}) as gateway:
        found = {
            name: await failure_of(gateway.completion.Complete(request(), metadata=bearer(token)))
            for name, token in bad.items()
        }

    assert dict.fromkeys(bad, grpc.StatusCode.UNAUTHENTICATED) == {name: error.code() for name, error in found.items()}
    assert 1 == len({error.details() for error in found.values()})
    assert [] == faults.attempts


async def test_a_good_token_is_its_principal(faults: ThreadedFaultProvider, issuer: Issuer) -> None:
    """The claims tell the tenant; they may stand elsewhere, and the scopes be a list."""
    claims = {"tenant": "https://acme.example/org", "user": "email", "scopes": "permissions"}
    told: dict[str, Any] = {"https://acme.example/org": "shop", "permissions": ["complete", "openid"]}
    token = issuer.token(tenant=None, **told)
    async with running({**faulty(faults), "auth": {"jwt": issuer.section(claims=claims)}}) as gateway:
        with structlog.testing.capture_logs() as lines:
            await gateway.completion.Complete(request(), metadata=bearer(token))

    assert ["shop"] == [line["tenant"] for line in lines if line["event"] == "rpc"]


@pytest.mark.parametrize(
    ("section", "claims", "code"),
    [
        ({}, {}, grpc.StatusCode.OK),
        ({"scopes": ["usage"]}, {}, grpc.StatusCode.PERMISSION_DENIED),
        ({"scopes": ["usage"]}, {"scope": "openid complete"}, grpc.StatusCode.OK),
        ({}, {"scope": "openid usage"}, grpc.StatusCode.PERMISSION_DENIED),
        ({}, {"scope": 7}, grpc.StatusCode.PERMISSION_DENIED),
        ({}, {"scope": "complete model:fast"}, grpc.StatusCode.PERMISSION_DENIED),
        # A restriction that cannot be read is none to be ignored.
        ({}, {"scope": "complete model:"}, grpc.StatusCode.PERMISSION_DENIED),
        ({}, {"scope": "complete model:gpt-*-mini"}, grpc.StatusCode.PERMISSION_DENIED),
        ({}, {"tenant": "ac\ud800me"}, grpc.StatusCode.UNAUTHENTICATED),
        ({"tenant": "acme"}, {"tenant": None}, grpc.StatusCode.OK),
        ({}, {"aud": ["somebody else", AUDIENCE]}, grpc.StatusCode.OK),
        # Clocks differ, by less than the leeway.
        ({}, {"nbf": time.time() + 10}, grpc.StatusCode.OK),
    ],
)
async def test_claims(
    faults: ThreadedFaultProvider,
    issuer: Issuer,
    section: dict[str, Any],
    claims: dict[str, Any],
    code: grpc.StatusCode,
) -> None:
    """A token may do what its scopes say, or what the configuration says where it has none; others' scopes are none."""
    async with running({**faulty(faults), "auth": {"jwt": issuer.section(**section)}}) as gateway:
        call = gateway.completion.Complete(request(), metadata=bearer(issuer.token(**claims)))

        assert code == await call.code()


@pytest.mark.parametrize("ways", [{"keys"}, {"jwt"}, {"keys", "jwt"}])
async def test_several_ways_in(faults: ThreadedFaultProvider, issuer: Issuer, book: Book, ways: set[str]) -> None:
    """Keys and tokens are good beside each other where both are configured; either is nothing where it is not."""
    shown = {"keys": book.key(), "jwt": issuer.token()}
    sections = {**book.section, "jwt": issuer.section()}
    async with running({**faulty(faults), "auth": {way: sections[way] for way in ways}}) as gateway:
        good = {
            way
            for way, text in shown.items()
            if await gateway.completion.Complete(request(), metadata=bearer(text)).code() == grpc.StatusCode.OK
        }

    assert ways == good


async def test_a_new_key_at_the_address_is_asked_for(faults: ThreadedFaultProvider, issuer: Issuer) -> None:
    """A token with a key that is not known yet makes the server ask; a retired key's tokens are refused after that."""
    with issuer.serving() as address:
        async with running({**faulty(faults), "auth": {"jwt": issuer.section(jwks=address)}}) as gateway:
            old = issuer.token()
            first = await gateway.completion.Complete(request(), metadata=bearer(old)).code()
            issuer.rotate(retire=True)
            with structlog.testing.capture_logs() as lines:
                second = await gateway.completion.Complete(request(), metadata=bearer(issuer.token())).code()
            third = await gateway.completion.Complete(request(), metadata=bearer(old)).code()

    assert [grpc.StatusCode.OK, grpc.StatusCode.OK, grpc.StatusCode.UNAUTHENTICATED] == [first, second, third]
    assert ["jwks changed"] == [line["action"] for line in lines if line["event"] == "audit"]


async def test_a_token_that_was_good_ends(faults: ThreadedFaultProvider, issuer: Issuer) -> None:
    """It is remembered until its end, by the second, and one that differs in its signature alone is another."""
    ends = int(time.time()) + 3
    token = issuer.token(exp=ends)
    async with running({**faulty(faults), "auth": {"jwt": issuer.section(leeway="0s")}}) as gateway:
        first = await gateway.completion.Complete(request(), metadata=bearer(token)).code()
        forged = token[:-4] + ("aaaa" if token[-4:] != "aaaa" else "bbbb")
        second = await gateway.completion.Complete(request(), metadata=bearer(forged)).code()
        asked = [time.time()]
        while await gateway.completion.Complete(request(), metadata=bearer(token)).code() == grpc.StatusCode.OK:
            asked.append(time.time())

    assert [grpc.StatusCode.OK, grpc.StatusCode.UNAUTHENTICATED] == [first, second]
    assert len(asked) > 1
    assert asked[-2] < ends <= time.time()


async def test_unknown_keys_are_no_flood(faults: ThreadedFaultProvider, issuer: Issuer) -> None:
    """Many tokens with made-up keys at once ask the identity provider once."""
    with issuer.serving() as address:
        async with running({**faulty(faults), "auth": {"jwt": issuer.section(jwks=address)}}) as gateway:
            await gateway.completion.Complete(request(), metadata=bearer(issuer.token()))
            before = issuer.asked
            calls = [
                gateway.completion.Complete(request(), metadata=bearer(issuer.token(headers={"kid": str(number)})))
                for number in range(30)
            ]
            codes = {await call.code() for call in calls}

    assert {grpc.StatusCode.UNAUTHENTICATED} == codes
    assert issuer.asked <= before + 2


async def test_no_key_set_is_not_the_callers_fault(faults: ThreadedFaultProvider, issuer: Issuer) -> None:
    """While the identity provider's keys have never been seen, the answer is UNAVAILABLE, never UNAUTHENTICATED."""
    with issuer.serving() as address:
        pass
    async with running({**faulty(faults), "auth": {"jwt": issuer.section(jwks=address)}}) as gateway:
        refused = await failure_of(gateway.completion.Complete(request(), metadata=bearer(issuer.token())))

    assert grpc.StatusCode.UNAVAILABLE == refused.code()
    assert "STORE_UNAVAILABLE" == detail(refused, error_details_pb2.ErrorInfo).reason
