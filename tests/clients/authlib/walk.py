"""Signing in with PyPI authlib, unmodified: discovery, code with PKCE, ID token, UserInfo, refresh, introspection and
revocation. Usage: python walk.py demo.json"""

import json
import os
import sys
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

demo = json.load(open(sys.argv[1], encoding="utf-8"))
site = next(one for one in demo["clients"] if one["client_id"] == "demo-site")
# Plain http is for the demo on loopback alone; authlib asks to be told.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"


def done(step, said=""):
    print(f"ok  {step}" + (f": {said}" if said else ""))


class Form(HTMLParser):
    """The inputs of the first form whose action begins so."""

    def __init__(self, action):
        super().__init__()
        self.wanted, self.action, self.inside, self.fields = action, None, False, []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form" and self.action is None and attributes.get("action", "").startswith(self.wanted):
            self.action, self.inside = attributes["action"], True
        if self.inside and tag == "input" and attributes.get("name"):
            self.fields.append((attributes["name"], attributes.get("value", "")))

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False


class Browser:
    """Cookies, links and forms, without JavaScript."""

    def __init__(self):
        self.session = requests.Session()
        self.session.headers["accept"] = "text/html"

    def go(self, url, data=None):
        for _ in range(10):
            method = "POST" if data else "GET"
            answer = self.session.request(method, url, data=data, allow_redirects=False, timeout=20)
            if "location" not in answer.headers:
                assert answer.status_code == 200, (url, answer.status_code, answer.text[:500])
                return answer
            url, data = urljoin(url, answer.headers["location"]), None
            if not url.startswith(demo["base"]):
                return url
        raise AssertionError("redirects without end")

    def submit(self, page, action, more):
        form = Form(action)
        form.feed(page.text)
        assert form.action, f"no form to {action} on {page.url}"
        return self.go(urljoin(page.url, form.action), form.fields + more)


metadata = requests.get(demo["issuer"] + "/.well-known/openid-configuration", timeout=20).json()
assert metadata["issuer"] == demo["issuer"]
done("discovery", metadata["issuer"])

back = site["redirect_uris"][0].replace("127.0.0.1", "127.0.0.1:4712")
client = OAuth2Session(
    site["client_id"],
    site["client_secret"],
    scope="openid profile offline_access",
    redirect_uri=back,
    code_challenge_method="S256",
    token_endpoint_auth_method="client_secret_basic",
)
nonce, verifier = generate_token(), generate_token(64)
address, state = client.create_authorization_url(
    metadata["authorization_endpoint"], nonce=nonce, code_verifier=verifier, prompt="consent"
)
browser = Browser()
page = browser.go(address)
page = browser.submit(page, "/sign-in/persona", [("persona", demo["personas"][0]["key"])])
to = browser.submit(page, "/my/services/decide/", [("action", "allow")])
assert isinstance(to, str) and to.startswith(back), to
done("the person's yes")

token = client.fetch_token(
    metadata["token_endpoint"], authorization_response=to, state=state, code_verifier=verifier
)
keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=20).json())
claims = jwt.decode(token["id_token"], keys, algorithms=["ES256"]).claims
registry = jwt.JWTClaimsRegistry(
    iss={"essential": True, "value": demo["issuer"]},
    aud={"essential": True, "value": site["client_id"]},
    nonce={"essential": True, "value": nonce},
    sub={"essential": True},
)
registry.validate(claims)
done("ID token", claims["sub"])

told = client.get(metadata["userinfo_endpoint"], timeout=20)
assert told.status_code == 200 and told.json()["sub"] == claims["sub"], told.text
done("UserInfo", told.json().get("name", ""))

before = token["access_token"]
token = client.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
assert token["access_token"] != before
done("refresh")

known = client.introspect_token(metadata["introspection_endpoint"], token=token["access_token"])
assert known.json()["active"] is True, known.text
client.revoke_token(metadata["revocation_endpoint"], token=token["access_token"])
known = client.introspect_token(metadata["introspection_endpoint"], token=token["access_token"])
assert known.json() == {"active": False}, known.text
done("introspection, revocation")
