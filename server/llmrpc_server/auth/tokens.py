"""JSON Web Tokens: checked, and their claims read as a principal.

Callers show the same token with each call until it ends, and a signature takes longer to check than everything else
about a call: the last good ones are remembered, by their hashes.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

import jwt

from llmrpc_server.access import scopes
from llmrpc_server.access.principal import Principal
from llmrpc_server.auth import jwks
from llmrpc_server.config.auth import JwtSettings
from llmrpc_server.errors import StoreUnavailable

_MAX_CLAIM = 256
_MOST_REMEMBERED = 4096
# Some tokens end later than a float can say.
_NEVER = 2**53


class _Good(NamedTuple):
    """A token that was good.

    Attributes:
        kid: Names the key that signed it.
        ends: When it is good no more, in seconds since 1970.
    """

    principal: Principal
    kid: str
    key: jwt.PyJWK
    ends: float


class Tokens:
    """Knows whose a token is.

    Raises:
        BadSetting: A file that the settings name is no good.

    Attributes:
        keys: Those that sign tokens.
    """

    def __init__(self, settings: JwtSettings) -> None:
        self._settings = settings
        self.keys = jwks.opened(settings)
        self._good: OrderedDict[bytes, _Good] = OrderedDict()

    async def find(self, text: str) -> Principal | None:
        """Return whose token this is; None for one that is not good.

        Raises:
            StoreUnavailable: The public keys are not known.
        """
        digest = hashlib.sha256(text.encode()).digest()
        good = self._good.get(digest)
        if good is None or time.time() >= good.ends or self.keys.known(good.kid) is not good.key:
            self._good.pop(digest, None)
            good = await self._check(text)
            if good is None:
                return None
            self._good[digest] = good
            if len(self._good) > _MOST_REMEMBERED:
                self._good.popitem(last=False)
        else:
            self._good.move_to_end(digest)
        return good.principal

    async def _check(self, text: str) -> _Good | None:
        try:
            header = jwt.get_unverified_header(text)
            kid = header.get("kid")
            # Before a key is looked for: "none" and shared secrets name none of ours.
            if not isinstance(kid, str) or header.get("alg") not in self._settings.algorithms:
                return None
            key = await self._key(kid)
            if key is None:
                return None
            claims = jwt.decode(
                text,
                key.key,
                algorithms=list(self._settings.algorithms),
                audience=self._settings.audience,
                issuer=self._settings.issuer,
                leeway=self._settings.leeway,
                options={"require": ["exp", "aud", "iss"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            return None
        principal = self._read(claims)
        ends = min(int(claims["exp"]), _NEVER) + self._settings.leeway.total_seconds()
        return None if principal is None else _Good(principal, kid, key, ends)

    async def _key(self, kid: str) -> jwt.PyJWK | None:
        try:
            return await self.keys.find(kid)
        except jwks.CannotTell as error:
            raise StoreUnavailable("credentials cannot be checked now") from error

    def _read(self, claims: Mapping[str, Any]) -> Principal | None:
        named = self._settings.claims
        tenant = self._settings.tenant or claims.get(named.tenant)
        user = claims.get(named.user, "")
        if not (_is_name(tenant) and (user == "" or _is_name(user))):
            return None
        return Principal(tenant=str(tenant), user=user, scopes=self._scopes(claims.get(named.scopes)))

    def _scopes(self, claim: Any) -> frozenset[str]:
        """Read the claim as OAuth writes it, or as a list; what is no scope of ours is somebody else's."""
        if claim is None:
            return frozenset(self._settings.scopes)
        words = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else []
        # A restriction to models that cannot be read still restricts: to none.
        return frozenset(
            word for word in words if isinstance(word, str) and (scopes.known(word) or word.startswith(scopes.MODEL))
        )


def _is_name(claim: Any) -> bool:
    return isinstance(claim, str) and 0 < len(claim) <= _MAX_CLAIM and claim.isprintable()
