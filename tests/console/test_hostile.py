"""What an attacker tries at the door of a console that runs."""

from __future__ import annotations

import http.client
import http.cookiejar
import re
import ssl
import urllib.parse
from collections.abc import Iterator
from contextlib import closing

import pytest

from asepsis.console.role import Role, access

from .browser import PASSWORD, Visitor, come_in
from .conftest import Running

ELSEWHERE = (
    *("https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example"),
    *("javascript:alert(1)", "\t//evil.example", "http://127.0.0.1@evil.example/", "//evil.example/%2f..", "data:text/html,x"),
)
HOSTILE = (
    *("x" * 65_536, "a\0b", "<script>alert(1)</script>{{ 7|add:7 }}{% debug %}'; DROP TABLE x; --\u202egnp.exe\ud7ff"),
    *("%00%ff..%2f..%2fkey", "-1", "9" * 400, "[]", ""),
)
FIELDS = (
    *("login", "password", "username", "role", "reason", "until", "next", "name", "scopes", "glass", "number", "code", "credential"),
    *("oldpassword", "password1", "password2", "again", "q", "after", "sort", "zone", "kind", "decision", "page", "id", "from", "to"),
)
ENDS = {"account_logout"}


@pytest.fixture(scope="module")
def leads(console: Running, people: dict[Role, Visitor]) -> Iterator[Visitor]:
    """An administrator of this module's own, who logs in no more afterwards."""
    people[Role.ADMINISTRATOR].get("/people")
    (said,) = people[Role.ADMINISTRATOR].post("/people/invite", role="administrator", next="/people").said()
    yield come_in(console.base, said.rpartition(" ")[2], "hector")
    people[Role.ADMINISTRATOR].get("/people")
    people[Role.ADMINISTRATOR].post("/people/become", username="hector", role="")


def posted(addresses: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Name and path of every address that takes a form."""
    for name, methods in access().items():
        if "POST" in methods and name in addresses and not name.startswith("api:"):
            yield name, addresses[name]


def _raw(base: str, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str]:
    """Status and text of a request just as it is given."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with closing(http.client.HTTPSConnection(urllib.parse.urlsplit(base).netloc, context=trusting, timeout=30)) as asking:
        asking.putrequest(method, path, skip_host="Host" in headers)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            asking.putheader(name.replace("_", "-"), value)
        asking.endheaders(body)
        answer = asking.getresponse()
        return answer.status, answer.read().decode()


def _cookies(visitor: Visitor) -> dict[str, str]:
    return {cookie.name: cookie.value or "" for cookie in visitor.cookies}


def _log_in(one: Visitor, name: str, where: str = "/account/login/", **more: str) -> str:
    one.get(where)
    return one.post("/account/login/", login=name, password=PASSWORD, **more).url


def test_a_session_that_somebody_else_chose_is_not_taken_over(console: Running, leads: Visitor) -> None:
    victim = Visitor(console.base)
    victim.get("/account/login/")
    chosen = "a" * 32
    victim.cookies.set_cookie(_cookie(console, chosen))
    assert _log_in(victim, "hector") == f"{console.base}/"
    fresh = _cookies(victim)["__Host-session"]
    assert fresh != chosen
    attacker = Visitor(console.base)
    attacker.cookies.set_cookie(_cookie(console, chosen))
    assert "/account/login/" in attacker.get("/assets").url
    victim.get("/assets")
    victim.post("/account/logout/")
    attacker.cookies.set_cookie(_cookie(console, fresh))
    assert "/account/login/" in attacker.get("/assets").url, "who logs out ends it, and does not only forget it"


def _cookie(console: Running, value: str) -> http.cookiejar.Cookie:
    given = {"version": 0, "name": "__Host-session", "value": value, "port": None, "port_specified": False, "domain": "127.0.0.1"}
    given |= {"domain_specified": False, "domain_initial_dot": False, "path": "/", "path_specified": True, "secure": True}
    return http.cookiejar.Cookie(**given, expires=None, discard=True, comment=None, comment_url=None, rest={})  # type: ignore[arg-type]


def test_logging_in_leads_nowhere_else(console: Running, leads: Visitor) -> None:
    for elsewhere in ELSEWHERE:
        one = Visitor(console.base)
        asked = "/account/login/?next=" + urllib.parse.quote(elsewhere)
        assert _log_in(one, "hector", asked, next=elsewhere).startswith(f"{console.base}/"), elsewhere
        assert one.get(asked).url.startswith(f"{console.base}/"), elsewhere
    one = Visitor(console.base)
    assert _log_in(one, "hector", next="/assets") == f"{console.base}/assets"


def test_a_name_in_the_address_line_logs_nobody_in(console: Running, leads: Visitor) -> None:
    one = Visitor(console.base)
    one.get("/account/login/?" + urllib.parse.urlencode({"login": "hector", "password": PASSWORD}))
    assert PASSWORD not in one.last.text
    assert "/account/login/" in one.get("/assets").url


def test_it_answers_to_its_own_names_only(console: Running, leads: Visitor) -> None:
    port = urllib.parse.urlsplit(console.base).port
    for name in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "", "127.0.0.1, evil.example"):
        status, text = _raw(console.base, "GET", "/account/login/", Host=name)
        assert status == 400, name
        assert "evil.example" not in text
    leads.get("/people", X_Forwarded_Host="evil.example", X_Forwarded_Proto="gopher", Forwarded="host=evil.example")
    (said,) = leads.post("/people/invite", role="viewer", next="/people").said()
    assert f" {console.base}/welcome/" in said
    assert "evil.example" not in leads.get("/", X_Forwarded_Host="evil.example").text


def test_every_form_of_elsewhere_is_refused(addresses: dict[str, str], console: Running, leads: Visitor) -> None:
    cookies = "; ".join(f"{name}={value}" for name, value in _cookies(leads).items())
    (token,) = (cookie.value or "" for cookie in leads.cookies if cookie.name == "__Host-csrf")
    form = {"Cookie": cookies, "Content_Type": "application/x-www-form-urlencoded"}
    for name, path in posted(addresses):
        for attempt in (
            {"Referer": console.base + "/"},
            {"Referer": console.base + "/", "X_CSRFToken": "x" * len(token)},
            {"Referer": "https://evil.example/", "X_CSRFToken": token},
            {"Origin": "https://evil.example", "X_CSRFToken": token},
            {"Origin": "null", "X_CSRFToken": token},
            {"X_CSRFToken": token},
        ):
            assert _raw(console.base, "POST", path, b"", **form, **attempt)[0] == 403, (name, attempt)
    assert leads.get("/people").status == 200, "and nothing was done"


def test_cookies_are_for_this_console_and_not_for_scripts(console: Running, leads: Visitor) -> None:
    one = Visitor(console.base)
    _log_in(one, "hector")
    found = {cookie.name: cookie for cookie in one.cookies}
    assert set(found) == {"__Host-session", "__Host-csrf", "__Host-device"}
    for cookie in found.values():
        assert (cookie.secure, cookie.path, cookie.domain_specified) == (True, "/", False), cookie.name
        assert cookie.has_nonstandard_attr("HttpOnly"), cookie.name
        assert cookie.get_nonstandard_attr("SameSite") in ("Lax", "Strict"), cookie.name
    assert found["__Host-session"].discard, "the session ends with the browser"


def test_nothing_of_the_door_is_kept_by_a_browser_or_a_proxy(console: Running) -> None:
    for path in ("/account/login/", "/assets", "/welcome/x", "/no-such-page", "/account/2fa/authenticate/", "/api/v1/assets"):
        headers = Visitor(console.base).get(path).headers
        assert "no-store" in headers["Cache-Control"], path
        assert "private" in headers["Cache-Control"], path


def test_what_is_typed_breaks_nothing(addresses: dict[str, str], console: Running, leads: Visitor) -> None:
    stranger = Visitor(console.base)
    stranger.get("/account/login/")
    broken = set()
    for name, path in posted(addresses):
        if name in ENDS:
            continue
        one = stranger if "anybody" in access()[name]["POST"] else leads
        for typed in HOSTILE:
            page = one.post(path, csrfmiddlewaretoken=_cookies(one)["__Host-csrf"], **dict.fromkeys(FIELDS, typed))
            if page.status >= 500:
                broken.add((name, typed[:20]))
            assert "do that once more" not in page.text, "the form came as far as the page"
            assert "<script>alert" not in page.text, name
    assert not broken
    assert leads.get("/people").status == 200


def test_what_stands_in_the_address_line_breaks_nothing(addresses: dict[str, str], leads: Visitor) -> None:
    broken = set()
    for name, path in addresses.items():
        if "^" in path or name in ENDS:
            continue
        for typed in HOSTILE[1:-2]:  # the server takes no line as long as the first
            page = leads.get(f"{path}?{urllib.parse.urlencode(dict.fromkeys(FIELDS, typed))}")
            if page.status >= 500:
                broken.add((name, typed))
            assert "<script>alert" not in page.text, name
    assert not broken
    for path in (
        "/%00",
        "/%ff%fe",
        "/assets/%00",
        "/findings/%ff",
        "/welcome/%00%ff",
        "/" + "x" * 4000,
        "/assets/..%2f..%2fkey",
        "//evil.example/",
    ):
        assert leads.get(path).status in (400, 404, 410), path


def test_bodies_that_are_no_forms_break_nothing(console: Running, leads: Visitor) -> None:
    leads.get("/people")
    (token,) = (cookie.value or "" for cookie in leads.cookies if cookie.name == "__Host-csrf")
    headers = {
        "Cookie": "; ".join(f"{name}={value}" for name, value in _cookies(leads).items()),
        "X_CSRFToken": token,
        "Origin": console.base,
    }
    many = b"&".join(b"f%d=1" % number for number in range(2000))
    for kind, body, least in (
        ("application/x-www-form-urlencoded", b"\xff\xfe\x00=\x80", 200),
        ("application/x-www-form-urlencoded", b"login=" + b"x" * 3_000_000, 400),
        ("application/x-www-form-urlencoded", many, 400),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"login\"\r\n\r\n\0\xff", 200),
        ("multipart/form-data", b"no boundary", 200),
        ("application/json", b'{"username": ["anna"]}', 200),
        ("text/plain; charset=utf-7", b"+ADw-script+AD4-", 200),
    ):  # fmt: skip
        status, text = _raw(console.base, "POST", "/people/become", body, Content_Type=kind, **headers)
        assert least <= status < 500, kind
        assert "Traceback" not in text
    for method in ("TRACE", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "BREW"):
        assert _raw(console.base, method, "/people", **headers)[0] in (400, 403, 404, 405), method


def test_nobody_is_called_like_another(console: Running, leads: Visitor) -> None:
    leads.get("/people")
    (said,) = leads.post("/people/invite", role="viewer", next="/people").said()
    path, one = urllib.parse.urlsplit(said.rpartition(" ")[2]).path, Visitor(console.base)
    for name in ("HECTOR", "h\u0435ctor", "hector\u202e", "\uff48ector", "hec\0tor", "hec tor", "x" * 65_536, "<b>", "", "?"):
        one.get(path)
        refused = one.post(path, username=name, password=PASSWORD, again=PASSWORD).status
        assert refused == (400 if "\0" in name else 422), name[:20]
    names = re.findall(r'name="username" value="([^"]+)"', leads.get("/people").text)
    assert {name for name in names if "ctor" in name.casefold()} == {"hector"}
