"""What others say of our signatures: PyPI pyhanko, Debian's pdfsig and openssl, all unmodified, against the built
program. Usage: python walk.py demo.json"""

import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from html.parser import HTMLParser
from io import BytesIO
from urllib.parse import urljoin

import requests
from asn1crypto import crl, x509
from jwcrypto import jwk, jwt
from pyhanko.pdf_utils import generic, writer
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

demo = json.load(open(sys.argv[1], encoding="utf-8"))
base = demo["base"]
bank = next(one for one in demo["clients"] if one["client_id"] == "harbour-bank")
folder = tempfile.mkdtemp(prefix="signing-")


def done(step, said=""):
    print(f"ok  {step}" + (f": {said}" if said else ""))


def run(*command):
    out = subprocess.run(command, capture_output=True, cwd=folder, check=False)
    return out.returncode == 0, (out.stdout + out.stderr).decode(errors="replace")


def kept(name, content):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(content)
    return path


class Form(HTMLParser):
    """The inputs of the first form whose action begins so."""

    def __init__(self, wanted):
        super().__init__()
        self.wanted, self.action, self.inside, self.fields = wanted, None, False, {}

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form" and self.action is None and attributes.get("action", "").startswith(self.wanted):
            self.action, self.inside = attributes["action"], True
        if self.inside and tag == "input" and attributes.get("name"):
            self.fields[attributes["name"]] = attributes.get("value", "")

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False


class Person:
    """A persona's browser, without JavaScript."""

    def __init__(self, key):
        self.http = requests.Session()
        self.http.headers["accept"] = "text/html"
        self.submit(self.get("/sign-in"), "/sign-in/persona", {"persona": key})

    def get(self, path):
        answer = self.http.get(urljoin(base, path), timeout=20)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
        return answer

    def submit(self, page, action, more, files=None):
        form = Form(action)
        form.feed(page.text)
        assert form.action, f"no form to {action}"
        fields = {name: value for name, value in form.fields.items() if name not in (files or {})} | more
        answer = self.http.post(urljoin(base, form.action), data=fields, files=files, timeout=20)
        assert answer.status_code == 200, (form.action, answer.status_code, answer.text[:300])
        return answer

    def sign(self, pdf):
        """The signed PDF of one's own."""
        files = {"file": ("contract.pdf", pdf, "application/pdf")}
        page = self.submit(self.get("/my/signatures"), "/my/signatures", {}, files)
        page = self.submit(page, "/sign/sig_", {})
        assert "You have signed" in page.text, page.text
        return self.get(page.url + "/document").content


def page_of(streams):
    """A one-page PDF by pyhanko, with a table or with streams."""
    made = writer.PdfFileWriter(stream_xrefs=streams)
    content = made.add_object(generic.StreamObject(stream_data=b"0 0 m 9 9 l S"))
    box = generic.ArrayObject(map(generic.NumberObject, (0, 0, 595, 842)))
    made.insert_page(writer.PageObject(contents=content, media_box=box))
    out = BytesIO()
    made.write(out)
    return out.getvalue()


def authority():
    root = x509.Certificate.load(requests.get(base + "/sign/ca.cer", timeout=20).content)
    revoked = requests.get(base + "/sign/ca.crl", timeout=20).content
    return root, revoked


def verdicts(pdf):
    """What pyhanko says of each signature, with our list of revoked certificates and no network."""
    root, revoked = authority()
    context = lambda: ValidationContext(
        trust_roots=[root], crls=[crl.CertificateList.load(revoked)], allow_fetching=False, revocation_mode="require"
    )
    found = PdfFileReader(BytesIO(pdf)).embedded_signatures
    return [validate_pdf_signature(one, context(), context()) for one in found]


def pdfsig(pdf):
    return run("pdfsig", "-nocert", kept("file.pdf", pdf))[1]


director, other = (Person(demo["personas"][at]["key"]) for at in (0, 1))
for kind, original in (("table", page_of(False)), ("streams", page_of(True))):
    once = director.sign(original)
    twice = other.sign(once)
    assert once.startswith(original) and twice.startswith(once)
    for pdf, count in ((once, 1), (twice, 2)):
        said = verdicts(pdf)
        assert len(said) == count
        for one in said:
            assert one.bottom_line, one.pretty_print_details()
            assert one.timestamp_validity.valid and one.timestamp_validity.trusted
        assert pdfsig(pdf).count("Signature is Valid") == count, pdfsig(pdf)
    bad = bytearray(once)
    bad[len(original) // 2] ^= 1
    said = pdfsig(bytes(bad))
    assert "Signature is Valid" not in said, said
    try:
        assert not verdicts(bytes(bad))[0].bottom_line
    except Exception as refused:  # What no longer parses is refused as well.
        assert not isinstance(refused, AssertionError), refused
    done(f"PDF with {kind}", "one and two signatures accepted, a flipped byte rejected by pyhanko and pdfsig")

key = jwk.JWK(**next(one for one in bank["jwks"]["keys"] if one["use"] == "sig"))
nonces = {}
kid = json.loads(key.export_public()).get("kid")
shown_kid = {"kid": kid} if kid else {}


def signed(header, claims):
    token = jwt.JWT(header={"alg": "ES256"} | header, claims=claims)
    token.make_signed_token(key)
    return token.serialize()


def proof(method, path, token=None):
    public = json.loads(key.export_public())
    claims = {"htm": method, "htu": base + path, "iat": int(time.time()), "jti": uuid.uuid4().hex} | nonces
    if token:
        digest = hashlib.sha256(token.encode()).digest()
        claims["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    shown = {name: public[name] for name in ("kty", "crv", "x", "y")}
    return signed({"typ": "dpop+jwt", "jwk": shown}, claims)


def call(method, path, token=None, **more):
    for _ in range(2):
        headers = {"dpop": proof(method, path, token)} | ({"authorization": f"DPoP {token}"} if token else {})
        if "data" in more:
            assertion = {"iss": bank["client_id"], "sub": bank["client_id"], "aud": demo["issuer"]}
            assertion |= {"iat": int(time.time()), "exp": int(time.time()) + 60, "jti": uuid.uuid4().hex}
            more["data"]["client_assertion"] = signed(shown_kid, assertion)
        answer = requests.request(method, base + path, headers=headers, timeout=20, **more)
        if "dpop-nonce" in answer.headers:
            nonces["nonce"] = answer.headers["dpop-nonce"]
        if "use_dpop_nonce" not in answer.headers.get("www-authenticate", "") + answer.text:
            break
    assert answer.status_code in (200, 201), (path, answer.status_code, answer.text)
    return answer.json()


asked = {
    "grant_type": "client_credentials",
    "scope": "signing",
    "client_id": bank["client_id"],
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
}
token = call("POST", "/oauth/token", data=asked)["access_token"]
document = b"I owe you one dollar.\n"
request = call(
    "POST",
    "/signing/v1/requests",
    token,
    json={"document": {"name": "IOU", "sha256": hashlib.sha256(document).hexdigest()}},
)
page = director.get(request["sign_at"])
assert request["code"] in page.text
director.submit(page, "/sign/sig_", {})
fetched = call("GET", f"/signing/v1/requests/{request['id']}", token)
root, revoked = authority()
kept("ca.pem", b"")
for name, content in (
    ("ca.cer", root.dump()),
    ("document.txt", document),
    ("other.txt", b"I owe you two dollars.\n"),
    ("signature.p7s", base64.b64decode(fetched["signature"])),
):
    kept(name, content)
assert run("openssl", "x509", "-inform", "DER", "-in", "ca.cer", "-out", "ca.pem")[0]
verify = ("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "signature.p7s", "-CAfile", "ca.pem")
good, said = run(*verify, "-content", "document.txt", "-out", "out.txt")
assert good, said
assert not run(*verify, "-content", "other.txt", "-out", "out.txt")[0]
done("hash", "openssl cms -verify accepts, and refuses another document")

assert run("openssl", "ts", "-query", "-data", "document.txt", "-cert", "-sha256", "-out", "q.tsq")[0]
with open(os.path.join(folder, "q.tsq"), "rb") as file:
    kind = {"content-type": "application/timestamp-query"}
    answer = requests.post(base + "/tsa", data=file.read(), headers=kind, timeout=20)
assert answer.headers["content-type"] == "application/timestamp-reply"
kept("r.tsr", answer.content)
check = ("openssl", "ts", "-verify", "-in", "r.tsr", "-CAfile", "ca.pem")
good, said = run(*check, "-queryfile", "q.tsq")
assert good, said
assert not run(*check, "-data", "other.txt")[0]
done("time-stamp", "openssl ts -verify accepts, and refuses another file")

mine = director.sign(page_of(False))
assert verdicts(mine)[0].bottom_line
director.submit(director.get("/my/signatures"), "/my/signatures/sig_", {})
verdict = verdicts(mine)[0]
assert not verdict.bottom_line and verdict.revoked, verdict.pretty_print_details()
done("revocation", "pyhanko refuses what its signer disowned, by our list")
