"""An identity provider for tests: keys that sign, a key set that tells of them, tokens."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from typing_extensions import override

ISSUER = "https://login.example.com"
AUDIENCE = "llmrpc"


class Issuer:
    """Signs with its newest key; its key set has all that it did not retire."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "jwks.json"
        self._keys: dict[str, ec.EllipticCurvePrivateKey] = {}
        self.asked = 0
        self.rotate()

    def section(self, **fields: Any) -> dict[str, Any]:
        """Write the configuration's section."""
        return {"jwks": str(self.path), "issuer": ISSUER, "audience": AUDIENCE, **fields}

    def rotate(self, *, retire: bool = False) -> None:
        """Take a new key, perhaps in place of all old ones, and publish it."""
        if retire:
            self._keys.clear()
        self._keys[f"key-{time.monotonic_ns()}"] = ec.generate_private_key(ec.SECP256R1())
        temporary = self.path.with_suffix(".new")
        temporary.write_bytes(self.document())
        temporary.replace(self.path)

    def document(self) -> bytes:
        """Return the key set."""
        keys = []
        for kid, key in self._keys.items():
            row = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
            keys.append({**row, "kid": kid, "use": "sig"})
        return json.dumps({"keys": keys}).encode()

    def token(
        self, *, key: Any = None, headers: Mapping[str, Any] | None = None, algorithm: str = "ES256", **claims: Any
    ) -> str:
        """Make a token that is good but for what is said; a claim that is None is left out."""
        kid, own = list(self._keys.items())[-1]
        good = {"iss": ISSUER, "aud": AUDIENCE, "exp": time.time() + 600, "sub": "alice", "tenant": "acme"}
        said = {name: value for name, value in {**good, **claims}.items() if value is not None}
        return jwt.encode(said, key or own, algorithm=algorithm, headers={"kid": kid, **(headers or {})})

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve the key set; give its address."""
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            """Answers every request alike."""

            def do_GET(self) -> None:
                """Answer with the key set."""
                issuer.asked += 1
                self.send_response(200)
                self.end_headers()
                self.wfile.write(issuer.document())

            @override
            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}/jwks.json"
            finally:
                server.shutdown()
                thread.join()
